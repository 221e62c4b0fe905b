#include "engine/held_refusals.hpp"

#include "engine_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::engine;
using engine_support::outcome_of;
using koodrive::Verdict;

namespace {

const koodrive::Outcome page = [] {
  auto outcome = outcome_of(Verdict::rejected, 403);
  outcome.page = "text/html, 'Access denied'";
  return outcome;
}();
const koodrive::Outcome success = outcome_of(Verdict::succeeded, 200);

struct TwoWorkers {
  flow::RefusalStreak streak{true, 2};
  HeldRefusals first{0, streak}, second{1, streak};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(held_refusals, TwoWorkers)

BOOST_AUTO_TEST_CASE(only_refusals_without_a_documented_code_are_held) {
  BOOST_TEST(!first.consider(1, Status::succeeded, success, {}).held);
  auto documented = outcome_of(Verdict::rejected, 400);
  documented.code = 13000405;
  BOOST_TEST(!first.consider(2, Status::rejected, documented, {}).held);
  BOOST_TEST(!first.consider(3, Status::unknown, outcome_of(Verdict::unclear, 500), {}).held);
  BOOST_TEST(!first.take_released().has_value());
}

BOOST_AUTO_TEST_CASE(the_first_success_proves_the_service_and_those_after_it_prove_nothing_new) {
  BOOST_TEST(!first.is_beside_the_point(Status::succeeded));
  BOOST_TEST(!first.consider(1, Status::succeeded, success, {}).others_freed);
  BOOST_TEST(first.is_beside_the_point(Status::succeeded));
  BOOST_TEST(second.is_beside_the_point(Status::succeeded));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_held_until_any_worker_gets_an_answer_from_the_service) {
  BOOST_TEST(first.consider(1, Status::rejected, page, {}).held);
  BOOST_TEST(first.consider(2, Status::rejected, page, {}).held);
  BOOST_TEST(!first.any_released());
  BOOST_TEST(!first.take_released().has_value());
  BOOST_TEST(!second.is_beside_the_point(Status::succeeded), "it releases what the other worker holds");
  BOOST_TEST(second.consider(3, Status::succeeded, success, {}).others_freed);
  BOOST_TEST(second.is_beside_the_point(Status::succeeded));
  BOOST_TEST(!second.is_beside_the_point(Status::rejected));
  BOOST_TEST(first.any_released());
  BOOST_TEST(first.take_released().value().slot == 1U);
  BOOST_TEST(first.take_released().value().slot == 2U);
  BOOST_TEST(!first.take_released().has_value());
}

BOOST_AUTO_TEST_CASE(enough_alike_over_all_workers_stop_the_run_and_none_is_released) {
  for (flow::SlotId slot = 1; slot < flow::RefusalStreak::limit; ++slot) {
    const auto decision = (slot % 2 == 0 ? first : second).consider(slot, Status::rejected, page, {});
    BOOST_TEST((decision.held && !decision.stop));
  }
  const auto last = first.consider(500, Status::rejected, page, {});
  BOOST_TEST(last.held);
  BOOST_TEST(last.stop.value().recorded == 0U);
  BOOST_TEST(last.stop.value().count == flow::RefusalStreak::limit);
  second.consider(501, Status::succeeded, success, {});
  BOOST_TEST(!first.take_released().has_value());
}

BOOST_AUTO_TEST_CASE(when_nothing_else_is_left_to_do_the_oldest_becomes_final) {
  using Activity = flow::RefusalStreak::Activity;
  first.consider(1, Status::rejected, page, {});
  first.consider(2, Status::rejected, page, {});
  BOOST_TEST(!first.set_at_rest(Activity::ended), "the other worker is busy");
  BOOST_TEST(second.set_at_rest(Activity::ended));
  BOOST_TEST(first.take_released().value().slot == 1U);
  BOOST_TEST(!first.take_released().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
