#include "koobatch/report/wording.hpp"

#include "koobatch/core/spelling.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::report;

namespace {

/// A run of ten operations.
Summary ended(Outcome outcome, std::uint64_t remaining) {
  Summary s;
  s.outcome = outcome;
  s.counts[Status::succeeded] = 10 - remaining;
  s.counts.remaining = remaining;
  return s;
}

Summary advising(Summary s, std::vector<SettingChange> settings = {}) {
  s.next_step = NextStep{.command = CommandName::resume, .settings = std::move(settings)};
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wording)

BOOST_AUTO_TEST_CASE(a_running_run_is_watched_whatever_its_earlier_segments_say) {
  auto s = advising(ended(Outcome::unfinished, 3));
  s.running = true;
  BOOST_TEST(suggestion(s) == Suggestion::watch);
}

BOOST_AUTO_TEST_CASE(a_run_with_something_left_is_resumed) {
  for (const auto outcome : {Outcome::interrupted, Outcome::aborted, Outcome::unfinished}) {
    BOOST_TEST(suggestion(ended(outcome, 3)) == Suggestion::resume);
  }
  BOOST_TEST(suggestion(ended(Outcome::unfinished, 0)) == Suggestion::resume, "its number of operations is unknown");
}

BOOST_AUTO_TEST_CASE(an_error_that_advises_a_step_is_to_be_heeded_whatever_its_words) {
  auto s = advising(ended(Outcome::aborted, 3), {{SettingName::max_errors, "N"}});
  BOOST_TEST(suggestion(s) == Suggestion::heed_error);
  BOOST_TEST(suggestion(advising(ended(Outcome::aborted, 3))) == Suggestion::heed_error);
  s.next_step.reset();
  s.error = "run 'koobatch resume r.ndjson'";
  BOOST_TEST(suggestion(s) == Suggestion::resume, "the text decides nothing");
}

BOOST_AUTO_TEST_CASE(a_lost_report_cannot_be_resumed_as_it_is) {
  auto s = ended(Outcome::aborted, 3);
  s.report_lost = true;
  BOOST_TEST(suggestion(s) == Suggestion::heed_error);
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_repeated_only_for_what_failed_or_is_unknown) {
  for (const auto outcome : {Outcome::completed, Outcome::aborted}) {
    auto s = ended(outcome, 0);
    s.counts[Status::rejected] = s.counts[Status::invalid] = 1;
    BOOST_TEST(suggestion(s) == Suggestion::none);
    for (const auto status : {Status::failed, Status::unknown}) {
      auto again = s;
      again.counts[status] = 1;
      BOOST_TEST(suggestion(again) == Suggestion::retry);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_export_is_continued_by_itself) {
  for (const auto remaining : {0U, 3U}) {
    auto s = advising(ended(remaining == 0 ? Outcome::completed : Outcome::interrupted, remaining));
    s.counts[Status::failed] = 1;
    s.run.job.path = export_path;
    BOOST_TEST(suggestion(s) == Suggestion::export_again);
    BOOST_TEST((continuation(s.run, "state.ndjson.part") == NextStep{.command = CommandName::export_}));
    BOOST_TEST(spell(continuation(s.run, "state.ndjson.part")) == "koobatch export …");
  }
}

BOOST_AUTO_TEST_CASE(what_only_read_another_run_is_read_again_from_its_report) {
  auto s = ended(Outcome::interrupted, 3);
  s.run.verifies = true;
  s.run.parent = ParentRun{"1a2b", "/reports/names", 0};
  BOOST_TEST(suggestion(s) == Suggestion::verify);
  BOOST_TEST((continuation(s.run, "again") == NextStep{.command = CommandName::verify, .report = "/reports/names"}));
  s = ended(Outcome::completed, 0);
  s.run.verifies = true;
  BOOST_TEST(suggestion(s) == Suggestion::none);
  s.counts[Status::failed] = 1;
  BOOST_TEST(suggestion(s) == Suggestion::verify);
}

BOOST_AUTO_TEST_SUITE_END()
