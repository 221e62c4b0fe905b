#include "koobatch/cli/manual.hpp"

#include "koobatch/cli/reference.hpp"

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
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "VERBS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT",
                              "FILES", "EXAMPLES", "SEE ALSO"}) {
    const auto found = page.find(std::string("\n.SH ") + section + "\n");
    BOOST_REQUIRE_MESSAGE(found != std::string::npos, section);
    BOOST_TEST(found > at, section);
    at = found;
  }
}

BOOST_AUTO_TEST_CASE(every_verb_option_and_exit_status_is_in_it) {
  const auto page = shown();
  for (const auto& verb : verb_table) {
    CHECK_HAS(page, "\\fB" + std::string(verb.name) + "\\fR");
    CHECK_HAS(page, std::string(verb.summary) + ".");
    CHECK_HAS(page, std::string(verb.example.substr(0, verb.example.find('\n'))));
  }
  for (const auto& row : option_table()) {
    CHECK_HAS(page, "\\fB--" + std::string(row.name) + "\\fR");
    CHECK_HAS(page, std::string(without_default(row)));
    if (!row.flag_only) CHECK_HAS(page, "Variable: " + variable_name(row.name) + ".");
    CHECK_HAS(page, "\n.SS " + std::string(row.group) + "\n");
    if (!default_of(row).empty()) CHECK_HAS(page, "Default: " + std::string(default_of(row)) + ".");
  }
  for (const auto& row : exit_table()) CHECK_HAS(page, std::string(row.meaning));
}

BOOST_AUTO_TEST_CASE(what_else_it_heeds_and_keeps_is_in_it) {
  const auto page = shown();
  for (const char* variable : {"CI", "NO_COLOR", "TMPDIR"}) CHECK_HAS(page, fmt::format("\\fB{}\\fR", variable));
  for (const char* file : {"JOB.report.ndjson", "REPORT.job", "REPORT.control"}) {
    CHECK_HAS(page, fmt::format("\\fI{}\\fR", file));
  }
}

BOOST_AUTO_TEST_CASE(it_is_ascii_and_no_text_is_taken_for_a_command) {
  const auto page = manual_page();
  BOOST_TEST(std::all_of(page.begin(), page.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  BOOST_TEST(page.find("\n'") == std::string::npos);
  BOOST_TEST(page.find("\n\n") == std::string::npos, "roff takes an empty line for a paragraph");
}

BOOST_AUTO_TEST_SUITE_END()
