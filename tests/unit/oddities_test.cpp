// The words for what is odd about a job.
#include "cli/running/oddities.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using job::Oddity;
using job::OddityCount;

namespace {

std::string words_for(OddityCount odd) {
  job::Validation validation;
  validation.oddities.push_back(std::move(odd));
  validation.lost_digits = "digits are lost";
  const auto lines = cli::describe_oddities("jobs/a.csv", validation);
  BOOST_REQUIRE(lines.size() == 1U);
  return lines.front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oddities)

BOOST_AUTO_TEST_CASE(a_warning_names_file_line_field_and_what_corrects_it) {
  BOOST_TEST(words_for({{Oddity::trailing_blank, "fileName", 0xa0}, 1, {7}}) ==
             "jobs/a.csv:7: warning: fileName: ends with U+00A0 (NO-BREAK SPACE); --trim removes blanks");
  BOOST_TEST(words_for({{Oddity::quoted, "name"}, 1, {7}}) ==
             "jobs/a.csv:7: warning: name: is in quotes, which become part of it");
}

BOOST_AUTO_TEST_CASE(a_warning_counts_the_others_and_names_the_first_of_them) {
  BOOST_TEST(words_for({{Oddity::quoted, "name"}, 2, {7, 9}}) ==
             "jobs/a.csv:7: warning: name: is in quotes, which become part of it (2 in all, then on line 9)");
  BOOST_TEST(words_for({{Oddity::quoted, "name"}, 1234, {7, 9, 10, 11, 12}}) ==
             "jobs/a.csv:7: warning: name: is in quotes, which become part of it "
             "(1,234 in all, then on lines 9, 10, 11, 12, …)");
}

BOOST_AUTO_TEST_CASE(several_values_on_one_line_name_it_once) {
  BOOST_TEST(words_for({{Oddity::trimmed, "id"}, 2, {7}}) ==
             "jobs/a.csv:7: note: id: had blanks or marks around it, which were removed (2 in all)");
}

BOOST_AUTO_TEST_CASE(what_was_changed_is_a_note) {
  BOOST_TEST(words_for({{Oddity::trimmed, "id"}, 2, {7, 9}}) ==
             "jobs/a.csv:7: note: id: had blanks or marks around it, which were removed (2 in all, then on line 9)");
}

BOOST_AUTO_TEST_CASE(an_oddity_of_the_whole_job_has_separate_words) {
  BOOST_TEST(words_for({{Oddity::no_operations}, 1, {0}}) ==
             "jobs/a.csv: no operations in it, so there is nothing to do; --strict treats that as an error");
  BOOST_TEST(words_for({{Oddity::digits_lost}, 1, {7}}) == "jobs/a.csv:7: warning: digits are lost");
}

BOOST_AUTO_TEST_SUITE_END()
