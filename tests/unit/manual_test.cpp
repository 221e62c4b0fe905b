#include "cli/reference/manual.hpp"

#include "cli/reference/reference.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace koobatch::cli;

namespace {

/// The text that roff shows, but for its commands.
std::string shown() {
  std::string text = manual_page();
  for (const auto& [from, to] : {std::pair("\\-", "-"), std::pair("\\(aq", "'"), std::pair("\\(ti", "~"),
                                 std::pair("\\&", ""), std::pair("\\e", "\\")}) {
    boost::algorithm::replace_all(text, from, to);
  }
  return text;
}

#define CHECK_HAS(text, part) BOOST_TEST((text).find(part) != std::string::npos, (part) << " is missing")

}  // namespace

BOOST_AUTO_TEST_SUITE(manual)

BOOST_AUTO_TEST_CASE(its_sections_are_those_of_every_manual_page) {
  const auto page = manual_page();
  std::size_t at = 0;
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT",
                              "FILES", "EXAMPLES", "SEE ALSO"}) {
    const auto found = page.find(std::string("\n.SH ") + section + "\n");
    BOOST_REQUIRE_MESSAGE(found != std::string::npos, section);
    BOOST_TEST(found > at, section);
    at = found;
  }
}

BOOST_AUTO_TEST_CASE(every_command_option_and_exit_status_is_in_it) {
  const auto page = shown();
  for (const auto* command : commands()) {
    CHECK_HAS(page, "\\fB" + std::string(command->name) + "\\fR");
    CHECK_HAS(page, std::string(command->summary) + ".");
    for (const auto example : command->examples) CHECK_HAS(page, std::string(example));
    for (const auto& status : command->statuses) CHECK_HAS(page, std::string(status.meaning));
  }
  for (const auto* option : every_option()) {
    CHECK_HAS(page, "\\fB--" + std::string(option->name) + "\\fR");
    CHECK_HAS(page, std::string(option->help) + ".");
    for (const auto& part : option->parts) {
      CHECK_HAS(page, "\\fB" + std::string(part.form) + "\\fR");
      CHECK_HAS(page, std::string(part.help) + ".");
    }
    if (!option->flag_only) CHECK_HAS(page, "Variable: " + variable_name(option->name) + ".");
    CHECK_HAS(page, "\n.SS " + std::string(option->heading) + "\n");
    if (!option->default_text().empty()) CHECK_HAS(page, "Default: " + std::string(option->default_text()) + ".");
  }
}

BOOST_AUTO_TEST_CASE(environment_and_files_are_in_it) {
  const auto page = shown();
  for (const char* variable : {"CI", "NO_COLOR", "TMPDIR"}) CHECK_HAS(page, fmt::format("\\fB{}\\fR", variable));
  for (const char* file : {"JOB.report.ndjson", "REPORT.job", "REPORT.control"}) {
    CHECK_HAS(page, fmt::format("\\fI{}\\fR", file));
  }
}

BOOST_AUTO_TEST_CASE(it_is_ascii_and_no_text_is_mistaken_for_a_command) {
  const auto page = manual_page();
  BOOST_TEST(std::all_of(page.begin(), page.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  BOOST_TEST(page.find("\n'") == std::string::npos);
  BOOST_TEST(page.find("\n\n") == std::string::npos, "roff takes an empty line for a paragraph");
}

BOOST_AUTO_TEST_SUITE_END()
