#include "flow/attempt_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace koobatch;
using namespace koobatch::flow;
using koodrive::Verdict;

namespace {

constexpr AttemptedOperation fresh{.idempotent = true};
constexpr AttemptedOperation event{.idempotent = false};

void ends(Verdict verdict, const AttemptedOperation& operation, Status status) {
  const auto decision = decide(verdict, operation);
  BOOST_TEST(decision.disposition == Disposition::finish);
  BOOST_TEST(to_string(decision.status) == to_string(status));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attempt_policy)

BOOST_AUTO_TEST_CASE(a_decision_of_the_service_is_final) {
  for (const auto& operation : {fresh, event}) {
    ends(Verdict::succeeded, operation, Status::succeeded);
    ends(Verdict::undecidable, operation, Status::unknown);
    for (const auto refusal : {Verdict::rejected, Verdict::unauthorized, Verdict::suspicious}) {
      ends(refusal, operation, Status::rejected);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_operation_that_may_have_been_applied_is_repeated_only_if_idempotent) {
  BOOST_TEST(decide(Verdict::unclear, fresh).disposition == Disposition::retry);
  ends(Verdict::unclear, event, Status::unknown);
  ends(Verdict::stale, event, Status::unknown);
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_certainly_not_applied_is_always_tried_again) {
  for (const auto& operation : {fresh, event}) {
    BOOST_TEST(decide(Verdict::not_applied, operation).disposition == Disposition::retry);
    BOOST_TEST(decide(Verdict::throttled, operation).disposition == Disposition::wait_for_room);
    BOOST_TEST(decide(Verdict::refused, operation).disposition == Disposition::wait_for_room);
    BOOST_TEST(decide(Verdict::repeat, operation).disposition == Disposition::repeat);
  }
}

BOOST_AUTO_TEST_CASE(a_stale_connection_costs_nothing_the_first_time) {
  BOOST_TEST(decide(Verdict::stale, fresh).disposition == Disposition::repeat_at_once);
  BOOST_TEST(decide(Verdict::stale, {.idempotent = true, .went_stale = true}).disposition == Disposition::retry);
  BOOST_TEST(decide(Verdict::stale, {.idempotent = true, .has_numbers = false}).disposition == Disposition::retry);
}

BOOST_AUTO_TEST_SUITE_END()
