#include "engine/stale_attempt.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using engine::StaleAttempt;
using koodrive::Verdict;
using std::chrono_literals::operator""min;

BOOST_AUTO_TEST_SUITE(stale_attempt)

BOOST_AUTO_TEST_CASE(without_an_age_none_is_made) {
  StaleAttempt attempt(Duration::zero());
  BOOST_TEST(!attempt.take(1));
  BOOST_TEST(!attempt.concerns(1));
  BOOST_TEST(!attempt.accepted().has_value());
}

BOOST_AUTO_TEST_CASE(one_operation_at_a_time_is_tried) {
  StaleAttempt attempt(16min);
  BOOST_TEST((attempt.age() == 16min));
  BOOST_TEST(attempt.take(3));
  BOOST_TEST(!attempt.take(4));
  BOOST_TEST(attempt.concerns(3));
  BOOST_TEST(!attempt.concerns(4));
}

BOOST_AUTO_TEST_CASE(an_accepted_one_refutes_the_rule) {
  StaleAttempt attempt(16min);
  attempt.take(3);
  attempt.observe(3, true, Verdict::succeeded);
  BOOST_TEST(attempt.accepted().value());
  BOOST_TEST(!attempt.take(4), "it is known");
}

BOOST_AUTO_TEST_CASE(a_refusal_proves_the_rule_only_if_the_same_operation_is_accepted_with_the_right_date) {
  StaleAttempt attempt(16min);
  attempt.take(3);
  attempt.observe(3, true, Verdict::unauthorized);
  BOOST_TEST(!attempt.accepted().has_value());
  attempt.observe(3, false, Verdict::throttled);
  BOOST_TEST(!attempt.accepted().has_value());
  attempt.observe(3, false, Verdict::succeeded);
  BOOST_TEST(!attempt.accepted().value());
  BOOST_TEST(!attempt.concerns(3));
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_refused_in_any_case_proves_nothing) {
  StaleAttempt attempt(16min);
  attempt.take(3);
  attempt.observe(3, true, Verdict::rejected);
  attempt.observe(3, false, Verdict::rejected);
  BOOST_TEST(!attempt.accepted().has_value());
  BOOST_TEST(attempt.take(4), "the next one is tried");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_says_nothing_is_made_with_another_operation) {
  for (const auto verdict : {Verdict::unclear, Verdict::throttled, Verdict::refused, Verdict::not_applied}) {
    StaleAttempt attempt(16min);
    attempt.take(3);
    attempt.observe(3, true, verdict);
    // Had it been sent with the right date meanwhile, that would prove nothing.
    attempt.observe(3, false, Verdict::succeeded);
    BOOST_TEST(!attempt.accepted().has_value());
    BOOST_TEST(attempt.take(4));
  }
}

BOOST_AUTO_TEST_CASE(other_operations_are_of_no_concern) {
  StaleAttempt attempt(16min);
  attempt.take(3);
  attempt.observe(4, false, Verdict::succeeded);
  BOOST_TEST(!attempt.accepted().has_value());
  BOOST_TEST(attempt.concerns(3));
}

BOOST_AUTO_TEST_SUITE_END()
