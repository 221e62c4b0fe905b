#include "koobatch/job/long_ids.hpp"

#include "contains.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <ostream>

using koobatch::job::LongIds;
using koobatch::test::contains;
using Verdict = LongIds::Verdict;

namespace {

/// A job's identifiers, a line each.
class Job {
 public:
  void add(std::string_view id, std::string_view name = "") {
    ++line_;
    if (ids.add(id)) ids.add_rounded(id, name, line_);
  }
  /// Identifiers that nobody has rounded.
  void add_good(int number) {
    for (int i = 0; i < number; ++i) add(fmt::format("1757156480072{:06}", i * 7 + 1));
  }

  LongIds ids;

 private:
  std::uint32_t line_ = 0;
};

constexpr auto rounded = "1757156480072650000", another = "1757156480072660000";

}  // namespace

BOOST_AUTO_TEST_SUITE(long_ids)

BOOST_AUTO_TEST_CASE(identifiers_with_all_their_digits_prove_nothing) {
  Job job;
  BOOST_TEST(job.ids.verdict() == Verdict::none);
  job.add_good(100'000);
  BOOST_TEST(job.ids.verdict() == Verdict::none, "ten of them end in four zeros by chance");
}

BOOST_AUTO_TEST_CASE(shorter_identifiers_are_not_counted) {
  Job job;
  for (int i = 0; i < 10; ++i) job.add("10000000000000000");
  BOOST_TEST(job.ids.verdict() == Verdict::none);
}

BOOST_AUTO_TEST_CASE(one_in_fifty_that_ends_in_zeros_is_likely_to_have_lost_digits) {
  Job job;
  job.add_good(5);
  job.add(rounded);
  BOOST_TEST(job.ids.verdict() == Verdict::likely);
  BOOST_TEST(job.ids.line() == 6U);
  BOOST_TEST(job.ids.reason() ==
             "1 of 6 identifiers of 18 to 20 digits end in zeros after the 15th digit, as left by a spreadsheet, "
             "which keeps 15 digits of a number: format the column as text and export it again");
  job.add_good(44);
  BOOST_TEST(job.ids.verdict() == Verdict::likely);
  job.add_good(1);
  BOOST_TEST(job.ids.verdict() == Verdict::none);
}

BOOST_AUTO_TEST_CASE(if_half_of_them_end_in_zeros_digits_are_certainly_lost) {
  Job job;
  for (int i = 0; i < 3; ++i) job.add(fmt::format("17571564800726{}0000", i));
  BOOST_TEST(job.ids.verdict() == Verdict::certain);
  job.add_good(3);
  BOOST_TEST(job.ids.verdict() == Verdict::certain);
  job.add_good(1);
  BOOST_TEST(job.ids.verdict() == Verdict::likely);
}

BOOST_AUTO_TEST_CASE(a_job_about_one_folder_whose_identifier_ends_in_zeros_is_only_suspect) {
  Job job;
  for (const auto name : {"a", "b", "c", "d"}) job.add(rounded, name);
  BOOST_TEST(job.ids.verdict() == Verdict::likely);
}

BOOST_AUTO_TEST_CASE(two_rounded_identifiers_are_proof_if_one_of_them_has_two_names) {
  Job job;
  job.add(rounded, "a");
  BOOST_TEST(job.ids.verdict() == Verdict::likely);
  job.add(rounded, "a");
  BOOST_TEST(job.ids.verdict() == Verdict::likely, "the same name may be set twice");
  job.add(another);
  BOOST_TEST(job.ids.verdict() == Verdict::certain, "three of three end in zeros");

  Job other;
  other.add_good(10);
  other.add(rounded, "a");
  other.add(rounded, "b");
  BOOST_TEST(other.ids.verdict() == Verdict::likely);
  other.add(another, "c");
  BOOST_TEST(other.ids.verdict() == Verdict::certain);
  BOOST_TEST(other.ids.line() == 11U);
  BOOST_TEST(contains(other.ids.reason(), "; 1757156480072650000 is on lines 11 and 12 with two names: "),
             other.ids.reason());
}

BOOST_AUTO_TEST_CASE(a_large_job_may_name_a_folder_twice_whose_identifier_ends_in_zeros) {
  Job job;
  job.add_good(10'000);
  job.add(rounded, "a");
  job.add(rounded, "b");
  BOOST_TEST(job.ids.verdict() == Verdict::none);
}

BOOST_AUTO_TEST_CASE(numbers_that_were_read_as_floating_point_end_in_two_zeros) {
  Job job;
  for (int i = 0; i < 9; ++i) job.add(fmt::format("17571564800726{}5700", i));
  BOOST_TEST(job.ids.verdict() == Verdict::none);
  job.add("1757156480072995700");
  BOOST_TEST(job.ids.verdict() == Verdict::certain);
  BOOST_TEST(contains(job.ids.reason(), "10 of 10 identifiers of 18 to 20 digits end in zeros after the 17th digit"),
             job.ids.reason());
  BOOST_TEST(job.ids.line() == 1U);
  job.add_good(2);
  BOOST_TEST(job.ids.verdict() == Verdict::none);
}

BOOST_AUTO_TEST_CASE(only_so_many_identifiers_are_remembered) {
  Job job;
  const auto id = [](std::size_t i) { return fmt::format("17571564{:07}0000", i); };
  for (std::size_t i = 0; i <= LongIds::max_remembered; ++i) job.add(id(i), "a");
  job.add(id(LongIds::max_remembered), "b");
  BOOST_TEST(!contains(job.ids.reason(), "two names"));
  job.add(id(0), "b");
  BOOST_TEST(contains(job.ids.reason(), "two names"));
}

BOOST_AUTO_TEST_SUITE_END()
