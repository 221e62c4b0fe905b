#include "cli/reference/reference.hpp"

#include "cli/settings/option_table.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/units.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

/// What the help of a command calls the default of an option.
std::string_view said(std::string_view option, const char* command = "run") {
  const auto* found = option_named(*command_named(command), option);
  BOOST_REQUIRE(found != nullptr);
  return found->default_text();
}

/// A group with an option for each kind of default.
struct Group {
  Duration time = std::chrono::seconds(90);
  std::uint64_t number = 7;
  std::string text;
  std::vector<std::string> list = {"one"};
  bool on = false;
};

template <class Field, class T>
Option option_of(Field Group::* member, ValueType<T> type, std::string_view otherwise = {}) {
  return {.name = "x", .heading = heading::pace, .help = "Help", .otherwise = otherwise, .store = into(member, type)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reference)

// Defaults.

BOOST_AUTO_TEST_CASE(a_default_is_the_value_that_the_member_is_initialised_with) {
  BOOST_TEST(help_with_default(option_of(&Group::time, duration())) == "Help (1m30s)");
  BOOST_TEST(help_with_default(option_of(&Group::number, count<std::uint64_t>(0, 9))) == "Help (7)");
  BOOST_TEST(help_with_default(option_of(&Group::text, text("TEXT"))) == "Help");
  BOOST_TEST(help_with_default(option_of(&Group::list, text("TEXT"))) == "Help");
  BOOST_TEST(help_with_default(option_of(&Group::on, on_off())) == "Help");
  BOOST_TEST(option_of(&Group::on, on_off()).default_value() == "false");
}

BOOST_AUTO_TEST_CASE(an_option_whose_default_is_described_in_words_has_no_default_value) {
  const auto option = option_of(&Group::number, count<std::uint64_t>(0, 9), "no limit");
  BOOST_TEST(help_with_default(option) == "Help (no limit)");
  BOOST_TEST(option.default_value() == "");
}

BOOST_AUTO_TEST_CASE(the_documented_defaults_are_in_the_help) {
  BOOST_TEST(said("connections") == "16");
  BOOST_TEST(said("threads") == "1");
  BOOST_TEST(said("rate") == "no limit");
  BOOST_TEST(said("max-attempts") == "5");
  BOOST_TEST(said("retry-base") == "200ms");
  BOOST_TEST(said("retry-cap") == "20s");
  BOOST_TEST(said("connect-timeout") == "5s");
  BOOST_TEST(said("timeout") == "30s");
  BOOST_TEST(said("deadline") == "10m");
  BOOST_TEST(said("max-outage") == "10m");
  BOOST_TEST(said("token-command-timeout") == "30s");
  BOOST_TEST(said("authorization") == "Bearer+{token}");
  BOOST_TEST(said("on-complete-timeout") == "5m");
  BOOST_TEST(said("latency") == "0");
  BOOST_TEST(said("seed") == "0");
  BOOST_TEST(said("progress") == "auto");
  BOOST_TEST(said("log-format") == "text");
  BOOST_TEST(said("port", "simulate") == "0");
  BOOST_TEST(said("duration", "bench") == "10s");
}

BOOST_AUTO_TEST_CASE(every_default_could_be_given_as_a_value_and_has_the_same_effect) {
  for (const auto* command : commands()) {
    for (const auto* option : options_of(*command)) {
      const std::string value(option->default_value());
      if (value.empty()) continue;
      const auto task = command->begin();
      BOOST_TEST(option->store.set(value, task->groups().find(option->store.group)).has_value(), option->name);
    }
  }
}

RC_BOOST_PROP(a_duration_is_spelled_as_it_is_read, ()) {
  const Duration duration = std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 365LL * 24 * 3600 * 1000));
  RC_ASSERT(parse_duration(spelled(duration)).value() == duration);
}

// The tables.

BOOST_AUTO_TEST_CASE(every_word_that_an_option_offers_is_accepted_and_no_other) {
  std::size_t offered = 0;
  for (const auto* command : commands()) {
    for (const auto* option : options_of(*command)) {
      const auto task = command->begin();
      void* const group = task->groups().find(option->store.group);
      for (const auto word : option->store.words) {
        BOOST_TEST(option->store.set(std::string(word), group).has_value(), option->name << ' ' << word);
        ++offered;
      }
      if (!option->store.words.empty()) BOOST_TEST(!option->store.set("other", group).has_value(), option->name);
    }
  }
  BOOST_TEST(offered > 0U);
}

BOOST_AUTO_TEST_CASE(every_shared_option_is_taken_by_a_command_and_no_command_has_two_of_one_name) {
  for (const auto& option : option_table()) BOOST_TEST(!commands_with(option).empty(), option.name);
  for (const auto* command : commands()) {
    std::set<std::string_view> names;
    for (const auto* option : options_of(*command)) BOOST_TEST(names.insert(option->name).second, option->name);
  }
}

BOOST_AUTO_TEST_CASE(every_option_of_a_command_stores_into_its_settings) {
  for (const auto* command : commands()) {
    const auto task = command->begin();
    for (const auto& option : command->own_options) {
      BOOST_TEST(task->groups().find(option.store.group) != nullptr, command->name << ' ' << option.name);
    }
    for (const auto& implied : command->implied) {
      BOOST_TEST(option_named(*command, implied.option) != nullptr, command->name << ' ' << implied.option);
    }
  }
}

BOOST_AUTO_TEST_CASE(options_are_listed_heading_by_heading_and_output_comes_last) {
  for (const auto* command : commands()) {
    std::set<std::string_view> begun;
    std::string_view last;
    for (const auto* option : options_of(*command)) {
      if (option->heading != last)
        BOOST_TEST(begun.insert(option->heading).second, command->name << ' ' << option->name);
      last = option->heading;
    }
    if (!begun.empty()) BOOST_TEST(last == heading::output, command->name);
  }
}

// What decides which requests a job means, and what may be secret.
BOOST_AUTO_TEST_CASE(a_private_option_is_not_recorded_and_a_fixed_one_is) {
  for (const auto* option : every_option()) {
    if (option->private_value) BOOST_TEST(!option->recorded, option->name);
    if (option->fixed) BOOST_TEST(option->recorded, option->name);
    if (option->belongs_to<Schedule>()) BOOST_TEST(!option->recorded, option->name);
  }
}

// Exit statuses.

BOOST_AUTO_TEST_CASE(each_command_tells_success_and_wrong_usage_apart) {
  for (const auto* command : commands()) {
    std::set<std::string_view> statuses;
    for (const auto& row : command->statuses) {
      BOOST_TEST(statuses.insert(row.status).second, command->name << ' ' << row.status << " means two things");
    }
    BOOST_TEST(statuses.count("0") == 1U, command->name);
    BOOST_TEST(statuses.count("2") == 1U, command->name);
    BOOST_TEST(statuses.count("5") == 1U, command->name);
  }
}

BOOST_AUTO_TEST_CASE(each_meaning_of_an_exit_status_is_listed_once_in_ascending_order) {
  const auto meanings = exit_meanings();
  BOOST_TEST(meanings.front().row.status == "0");
  BOOST_TEST(meanings.back().row.status == "137");
  std::size_t listed = 0;
  std::size_t rows = 0;
  for (const auto& meaning : meanings) listed += meaning.commands.size();
  for (const auto* command : commands()) rows += command->statuses.size();
  BOOST_TEST(listed == rows);
  BOOST_TEST(meanings.size() < rows);
}

BOOST_AUTO_TEST_CASE(an_exit_status_names_only_options_that_the_command_has) {
  for (const auto* command : commands()) {
    for (const auto& row : command->statuses) {
      const bool of_locks = row.meaning.find(" lock") != std::string_view::npos;
      BOOST_TEST((!of_locks || option_named(*command, "lock") != nullptr), command->name << ": " << row.meaning);
      const bool of_outages = row.meaning.find("--max-outage") != std::string_view::npos;
      BOOST_TEST((!of_outages || option_named(*command, "max-outage") != nullptr),
                 command->name << ": " << row.meaning);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
