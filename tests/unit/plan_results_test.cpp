#include "cli/running/plan_results.hpp"

#include "contains.hpp"
#include "print_enums.hpp"
#include "report_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using cli::PlanResults;
using koobatch::test::contains;
using samples::end;
using samples::line;
using samples::result;

namespace {

/// The first line of a run that repeats another one.
report::RunRecord retry_of(const std::string& run_id, const std::filesystem::path& report) {
  auto run = samples::run();
  run.run_id = "r-2";
  run.parent = report::ParentRun{run_id, report.string(), 0};
  return run;
}

using Results = std::vector<report::ResultRecord>;

std::string lines(const report::RunRecord& run, const Results& results) {
  std::string text = line(run);
  for (const auto& result : results) text += line(result);
  return text;
}

/// The same, with the last line of a run that was not killed.
std::string ended(const report::RunRecord& run, const Results& results) {
  auto last = end();
  for (const auto& result : results) ++last.counts[result.status];
  return lines(run, results) + line(last);
}

std::filesystem::path write(const samples::Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder / name, std::ios::binary) << text;
  return folder / name;
}

PlanResults read(const std::filesystem::path& report) {
  auto results = PlanResults::read(report);
  BOOST_REQUIRE_MESSAGE(results.has_value(), results.error().message);
  return std::move(*results);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_results)

BOOST_AUTO_TEST_CASE(a_line_has_the_result_that_says_most) {
  const samples::Folder folder;
  const auto report = write(folder, "report",
                            ended(samples::run(), {result(2), result(3, Status::unknown), result(4, Status::failed)}));
  const auto results = read(report);
  BOOST_TEST(results.status_of(2) == Status::succeeded);
  BOOST_TEST(results.status_of(3) == Status::unknown);
  BOOST_TEST(results.status_of(4) == Status::failed);
  BOOST_TEST(results.status_of(5) == Status::failed, "the run was stopped before it");
}

BOOST_AUTO_TEST_CASE(what_is_refused_after_an_attempt_that_settled_nothing_may_have_been_applied) {
  const samples::Folder folder;
  const std::vector<AttemptRecord> attempts(2);
  auto again = result(3, Status::rejected);
  again.history = attempts;
  const auto results = read(write(folder, "report", ended(samples::run(), {result(2, Status::rejected), again})));
  BOOST_TEST(results.status_of(2) == Status::failed);
  BOOST_TEST(results.status_of(3) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(what_is_stored_otherwise_is_known_although_an_attempt_settled_nothing) {
  const samples::Folder folder;
  const std::vector<AttemptRecord> attempts(2);
  auto stored = result(3, Status::rejected);
  stored.history = attempts;
  stored.reason = "stored_otherwise";
  stored.reading = R"("now":{"fileName":"b stamped"})";
  const auto results = read(write(folder, "report", ended(samples::run(), {stored})));
  BOOST_TEST_REQUIRE(results.stored_instead(3) != nullptr);
  BOOST_TEST(*results.stored_instead(3) == R"({"fileName":"b stamped"})");
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_has_not_recorded_may_have_been_applied) {
  const samples::Folder folder;
  const auto results = read(write(folder, "report", lines(samples::run(), {result(4, Status::failed)})));
  BOOST_TEST(results.status_of(4) == Status::failed);
  BOOST_TEST(results.status_of(5) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(what_has_failed_may_have_been_applied_by_a_retry_that_was_killed) {
  const samples::Folder folder;
  const auto first = write(folder, "first",
                           ended(samples::run(), {result(2), result(4, Status::failed), result(5, Status::failed),
                                                  result(6, Status::skipped)}));
  const auto killed = write(folder, "killed", lines(retry_of("r-1", first), {result(4, Status::failed)}));
  const auto results = read(killed);
  BOOST_TEST(results.status_of(2) == Status::succeeded);
  BOOST_TEST(results.status_of(4) == Status::failed);
  BOOST_TEST(results.status_of(5) == Status::unknown);
  BOOST_TEST(results.status_of(6) == Status::failed, "it was not repeated");
  const auto closed = write(folder, "closed", ended(retry_of("r-1", first), {result(4)}));
  BOOST_TEST(read(closed).status_of(4) == Status::succeeded);
  BOOST_TEST(read(closed).status_of(5) == Status::failed);
}

BOOST_AUTO_TEST_CASE(reports_that_do_not_repeat_each_other_are_refused) {
  const samples::Folder folder;
  const auto first = write(folder, "first", ended(samples::run(), {}));
  const auto other = PlanResults::read(write(folder, "other", ended(retry_of("r-9", first), {})));
  BOOST_TEST_REQUIRE(!other.has_value());
  BOOST_TEST(contains(other.error().message, "is the report of run r-1, not of run r-9"), other.error().message);
  const auto own = folder.path() / "own";
  const auto itself = PlanResults::read(write(folder, "own", ended(retry_of("r-2", own), {})));
  BOOST_TEST_REQUIRE(!itself.has_value());
  BOOST_TEST(contains(itself.error().message, "cannot repeat itself"), itself.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
