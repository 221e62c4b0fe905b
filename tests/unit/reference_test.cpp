#include "koobatch/cli/reference.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

using Words = std::vector<std::string_view>;

const OptionRow& row_named(Verb verb, std::string_view name) {
  for (const auto* row : options_of(verb)) {
    if (row->name == name) return *row;
  }
  throw std::out_of_range(std::string(name));
}

/// What the help of `run` calls the default.
std::string_view said(std::string_view option) {
  return default_of(row_named(Verb::run, option));
}

Duration said_duration(std::string_view option) {
  return parse_duration(std::string(said(option))).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(words_to_choose_from_are_lower_case) {
  BOOST_TEST(words_of("auto|bar|none") == Words({"auto", "bar", "none"}), boost::test_tools::per_element());
  for (const char* argument : {"", "FILE", "FILE|DIR/", "N|N%", "json", "a||b"}) BOOST_TEST(words_of(argument).empty());
}

BOOST_AUTO_TEST_CASE(paths_are_files_folders_jobs_and_reports) {
  for (const char* argument : {"FILE", "FILE|DIR/", "DIR", "JOB", "REPORT"}) BOOST_TEST(is_path(argument), argument);
  for (const char* argument : {"", "PROFILE", "URL", "ID", "N|N%", "text|json"}) BOOST_TEST(!is_path(argument));
}

BOOST_AUTO_TEST_CASE(a_default_is_what_stands_in_parentheses_at_the_end) {
  const auto with = [](std::string_view help) { return OptionRow{"x", 0, "N", 1, "Pace", help, nullptr}; };
  BOOST_TEST(default_of(with("Time (of one) attempt (30s)")) == "30s");
  BOOST_TEST(without_default(with("Time (of one) attempt (30s)")) == "Time (of one) attempt");
  BOOST_TEST(default_of(with("Program (no shell) that writes it")).empty());
  BOOST_TEST(without_default(with("Program (no shell) that writes it")) == "Program (no shell) that writes it");
}

BOOST_AUTO_TEST_CASE(every_word_that_an_option_offers_is_taken_and_no_other) {
  std::size_t offered = 0;
  for (const auto& row : option_table()) {
    const auto words = words_of(row.argument);
    for (const auto word : words) {
      Options options;
      BOOST_TEST(row.apply(std::string(word), options).has_value(), row.name << ' ' << word);
      ++offered;
    }
    Options options;
    if (!words.empty()) BOOST_TEST(!row.apply("other", options).has_value(), row.name);
  }
  BOOST_TEST(offered > 0U);
}

BOOST_AUTO_TEST_CASE(the_defaults_in_the_help_are_the_ones_in_force) {
  const Options options;
  const auto& run = options.run;
  BOOST_TEST(said("connections") == std::to_string(run.connections));
  BOOST_TEST(said("threads") == std::to_string(run.threads));
  BOOST_TEST(said("max-attempts") == std::to_string(run.scheduler.max_attempts));
  BOOST_TEST((said_duration("retry-base") == run.scheduler.retry.base));
  BOOST_TEST((said_duration("retry-cap") == run.scheduler.retry.cap));
  BOOST_TEST((said_duration("connect-timeout") == run.connect_timeout));
  BOOST_TEST((said_duration("timeout") == run.timeout));
  BOOST_TEST((said_duration("deadline") == run.scheduler.deadline));
  BOOST_TEST((said_duration("max-outage") == run.pace.max_outage));
  BOOST_TEST((said_duration("token-command-timeout") == run.credentials.token_command_timeout));
  BOOST_TEST(said("authorization") == run.credentials.authorization);
  BOOST_TEST(said("rate") == (run.pace.rate == 0 ? "no limit" : ""));
  BOOST_TEST(said("seed") == std::to_string(options.simulator.seed));
  BOOST_TEST(said("progress") == (options.presentation.progress == observe::ProgressMode::automatic ? "auto" : ""));
  BOOST_TEST(said("log-format") == (options.presentation.log_format == observe::log::Format::text ? "text" : ""));
  BOOST_TEST(default_of(row_named(Verb::simulate, "port")) == std::to_string(options.simulator.port));
}

BOOST_AUTO_TEST_CASE(each_verb_is_where_its_number_says_and_tells_success_and_wrong_usage_apart) {
  for (const auto& verb : verb_table) {
    BOOST_TEST((&row_of(verb.verb) == &verb), verb.name);
    std::set<std::string_view> statuses;
    for (const auto* row : statuses_of(verb.verb)) {
      BOOST_TEST(statuses.insert(row->status).second, verb.name << ' ' << row->status << " means two things");
    }
    BOOST_TEST(statuses.count("0") == 1U, verb.name);
    BOOST_TEST(statuses.count("2") == 1U, verb.name);
    BOOST_TEST(statuses.count("5") == 1U, verb.name);
  }
}

BOOST_AUTO_TEST_CASE(an_exit_status_names_only_options_that_the_verb_has) {
  for (const auto& verb : verb_table) {
    const auto options = options_of(verb.verb);
    const auto has = [&](std::string_view name) {
      return std::any_of(options.begin(), options.end(), [&](const OptionRow* row) { return row->name == name; });
    };
    for (const auto* row : statuses_of(verb.verb)) {
      const bool of_locks = row->meaning.find(" lock") != std::string_view::npos;
      BOOST_TEST((!of_locks || has("lock")), verb.name << ": " << row->meaning);
      const bool of_outages = row->meaning.find("--max-outage") != std::string_view::npos;
      BOOST_TEST((!of_outages || has("max-outage")), verb.name << ": " << row->meaning);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
