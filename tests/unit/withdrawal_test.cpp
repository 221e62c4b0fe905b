#include "engine/withdrawal.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace koobatch;
using engine::Withdrawal;

namespace {

constexpr TimePoint at_once = TimePoint::min();

}  // namespace

BOOST_FIXTURE_TEST_SUITE(withdrawal, Withdrawal)

BOOST_AUTO_TEST_CASE(nothing_is_awaited_before_it_is_asked_for) {
  BOOST_TEST(wait_until(at_once));
}

BOOST_AUTO_TEST_CASE(a_request_is_open_until_it_is_carried_out) {
  const auto number = ask();
  BOOST_TEST(!wait_until(at_once));
  carried_out(number);
  BOOST_TEST(wait_until(at_once));
}

BOOST_AUTO_TEST_CASE(an_earlier_request_does_not_answer_for_a_later_one) {
  const auto first = ask();
  const auto second = ask();
  carried_out(first);
  BOOST_TEST(!wait_until(at_once));
  carried_out(second);
  carried_out(first);
  BOOST_TEST(wait_until(at_once));
}

BOOST_AUTO_TEST_CASE(a_thread_that_has_ended_sends_nothing) {
  ask();
  thread_ended();
  BOOST_TEST(wait_until(at_once));
  ask();
  BOOST_TEST(wait_until(at_once));
}

BOOST_AUTO_TEST_CASE(who_waits_is_woken_by_the_thread) {
  const auto number = ask();
  std::jthread thread([&] { carried_out(number); });
  BOOST_TEST(wait_until(Steady::now() + std::chrono::minutes(1)));
}

BOOST_AUTO_TEST_SUITE_END()
