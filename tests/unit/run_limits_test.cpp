#include "fleet/run_limits.hpp"
#include "fleet_support.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace koobatch::fleet::test;
using namespace std::chrono_literals;

namespace {

WorkerRow counting(WorkerNumber number, std::uint64_t succeeded, std::uint64_t rejected, std::uint64_t held = 0,
                   WorkerState state = WorkerState::alive) {
  WorkerRow it = row(number, 1, state);
  it.counts.results[Status::succeeded] = succeeded;
  it.counts.results[Status::rejected] = rejected;
  it.counts.requests = succeeded + rejected + held;
  it.counts.held_refusals = held;
  return it;
}

std::optional<std::string> reason(const std::vector<WorkerRow>& workers, const char* limit = nullptr) {
  return RunLimits(limit == nullptr ? flow::ErrorLimit() : flow::ErrorLimit::parse(limit).value())
      .find_reason(sum(workers));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_limits)

BOOST_AUTO_TEST_CASE(errors_of_all_workers_count_together_also_of_those_that_are_gone) {
  const std::vector<WorkerRow> workers = {counting(1, 100, 7), counting(2, 100, 7, 0, WorkerState::fenced),
                                          counting(3, 100, 7, 0, WorkerState::left)};
  BOOST_TEST(!reason(workers, "21"));
  const auto why = reason(workers, "20");
  BOOST_REQUIRE(why);
  BOOST_TEST(*why ==
             "21 of 321 operations did not succeed, on all workers together, which is more than the limit of 20");
}

BOOST_AUTO_TEST_CASE(a_share_is_one_of_the_whole_run) {
  BOOST_TEST(!reason({counting(1, 10, 60), counting(2, 990, 0)}, "10%"));
  BOOST_TEST(reason({counting(1, 10, 60), counting(2, 290, 0)}, "10%").has_value());
}

BOOST_AUTO_TEST_CASE(failed_and_unknown_are_errors_and_what_is_held_back_counts) {
  WorkerRow worker = counting(1, 5, 1, 1);
  worker.counts.results[Status::failed] = 1;
  worker.counts.results[Status::unknown] = 1;
  worker.counts.results[Status::invalid] = 9;
  BOOST_TEST(!reason({worker}, "4"));
  BOOST_TEST(reason({worker}, "3").has_value());
}

BOOST_AUTO_TEST_CASE(refusals_held_by_an_enrolment_that_is_over_are_sent_again_and_do_not_count) {
  BOOST_TEST(!reason({counting(1, 5, 0), counting(2, 0, 0, 90, WorkerState::fenced)}, "3"));
}

BOOST_AUTO_TEST_CASE(what_the_submitter_has_recorded_is_no_result_of_the_service) {
  WorkerRow submitter = row(9, 1, WorkerState::left);
  submitter.counts.results[Status::invalid] = 50;
  submitter.counts.results[Status::unknown] = 50;
  BOOST_TEST(!reason({submitter, counting(1, 5, 0)}, "10"));
  BOOST_TEST(reason({submitter, counting(1, 0, 100)}).has_value());
}

BOOST_AUTO_TEST_CASE(a_run_whose_first_hundred_results_are_rejections_stops) {
  BOOST_TEST(!reason({counting(1, 0, 60), counting(2, 0, 39)}));
  BOOST_TEST(reason({counting(1, 0, 60), counting(2, 0, 40)}).has_value());
  BOOST_TEST(!reason({counting(1, 1, 60), counting(2, 0, 400)}));
  BOOST_TEST(!reason({counting(1, 0, 60), counting(2, 0, 40)}, "1000"), "the user has said how many are too many");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_refused_alike_on_all_workers_stops) {
  BOOST_TEST(!reason({counting(1, 500, 0, 60), counting(2, 500, 0, 39)}));
  BOOST_TEST(reason({counting(1, 500, 0, 60), counting(2, 500, 0, 40)}).has_value());
  BOOST_TEST(!reason({counting(1, 500, 0, 60), counting(2, 500, 0, 40), counting(3, 500, 0, 0)}),
             "one of them is answered");
  BOOST_TEST(reason({counting(1, 500, 0, 60), counting(2, 500, 0, 40), counting(3, 0, 0, 0)}).has_value(),
             "one that has sent nothing proves nothing");
}

BOOST_AUTO_TEST_CASE(a_worker_cut_off_from_the_service_leaves_if_others_succeed) {
  CutOff cut_off;
  std::uint64_t others = 0;
  const auto after = [&](Duration time, bool silent, std::uint64_t more) {
    others += more;
    const std::vector<WorkerRow> workers = {counting(1, 50, 0), counting(2, others, 0)};
    return cut_off.observe({.workers = workers, .me = 1, .silent = silent}, start + time) == CutOff::Advice::leave;
  };
  BOOST_TEST(!after(0s, false, 10));
  BOOST_TEST(!after(1s, true, 10));
  BOOST_TEST(!after(29s, true, 10));
  BOOST_TEST(after(31s, true, 10));
  BOOST_TEST(!after(32s, false, 10), "it is answered again");
  BOOST_TEST(!after(33s, true, 10));
  BOOST_TEST(!after(60s, true, 10));
  BOOST_TEST(after(63s, true, 10));
}

BOOST_AUTO_TEST_CASE(nobody_leaves_while_the_service_answers_nobody) {
  using Advice = CutOff::Advice;
  CutOff cut_off;
  const std::vector<WorkerRow> workers = {counting(1, 50, 0), counting(2, 70, 0)};
  const auto observe = [&](const std::vector<WorkerRow>& seen, Duration time) {
    return cut_off.observe({.workers = seen, .me = 1, .silent = true}, start + time);
  };
  for (Duration time = 0s; time < 5min; time += 1s) BOOST_TEST((observe(workers, time) == Advice::carry_on));
  // The other one succeeded for the last time long ago.
  const std::vector<WorkerRow> later = {counting(1, 50, 0), counting(2, 71, 0)};
  BOOST_TEST((observe(later, 6min) == Advice::leave));
  BOOST_TEST((observe(later, 7min) == Advice::carry_on));
}

BOOST_AUTO_TEST_CASE(a_worker_that_the_service_does_not_answer_stands_back_for_those_who_have_nothing_to_do) {
  using Advice = CutOff::Advice;
  CutOff cut_off;
  const std::vector<WorkerRow> workers = {counting(1, 50, 0), counting(2, 0, 0)};
  const auto observe = [&](Duration time, bool silent, bool others_idle) {
    return cut_off.observe({workers, 1, silent, others_idle}, start + time);
  };
  BOOST_TEST((observe(0s, true, true) == Advice::carry_on));
  BOOST_TEST((observe(29s, true, true) == Advice::carry_on));
  BOOST_TEST((observe(30s, true, false) == Advice::carry_on), "they have something to do");
  BOOST_TEST((observe(31s, true, true) == Advice::stand_back));
  BOOST_TEST((observe(32s, false, true) == Advice::carry_on), "it is answered again");
}

BOOST_AUTO_TEST_SUITE_END()
