#include "engine/node_health.hpp"

#include "engine_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::engine;
using namespace std::chrono_literals;
using engine_support::outcome_of;
using koodrive::Verdict;

namespace {

constexpr TimePoint start{1h};
const auto success = outcome_of(Verdict::succeeded, 200);
const auto broken = outcome_of(Verdict::unclear, 500);
const auto throttled = outcome_of(Verdict::throttled, 503);

}  // namespace

BOOST_AUTO_TEST_SUITE(node_health)

BOOST_AUTO_TEST_CASE(a_connection_is_given_up_after_several_consecutive_server_errors) {
  NodeHealth health;
  unsigned failures = 0;
  for (unsigned i = 1; i < NodeHealth::failures_to_leave; ++i) {
    BOOST_TEST(!health.observe(broken, start, failures, false).leave_this);
  }
  BOOST_TEST(health.observe(broken, start, failures, false).leave_this);
  BOOST_TEST(failures == 0U, "the next connection starts from zero");
}

BOOST_AUTO_TEST_CASE(a_success_in_between_restarts_the_count) {
  NodeHealth health;
  unsigned failures = 0;
  for (unsigned i = 0; i < 3 * NodeHealth::failures_to_leave; ++i) {
    BOOST_TEST(!health.observe(i % 3 == 0 ? success : broken, start, failures, false).leave_this);
  }
}

BOOST_AUTO_TEST_CASE(errors_are_counted_per_connection) {
  NodeHealth health;
  unsigned failures = 0;
  unsigned of_another = 0;
  for (unsigned i = 1; i < NodeHealth::failures_to_leave; ++i) {
    health.observe(broken, start, failures, false);
    health.observe(success, start, of_another, false);
  }
  BOOST_TEST(of_another == 0U);
  BOOST_TEST(health.observe(broken, start, failures, false).leave_this);
}

BOOST_AUTO_TEST_CASE(during_an_outage_a_failed_connection_is_given_up_at_once) {
  NodeHealth health;
  unsigned failures = 0;
  BOOST_TEST(health.observe(broken, start, failures, true).leave_this);
  BOOST_TEST(health.observe(throttled, start, failures, true).leave_this);
  BOOST_TEST(!health.observe(success, start, failures, true).leave_this);
}

BOOST_AUTO_TEST_CASE(all_connections_are_given_up_when_nothing_is_accepted_for_a_while) {
  NodeHealth health;
  unsigned failures = 0;
  bool left = false;
  for (int i = 0; i < 20; ++i) left |= health.observe(throttled, start + i * 100ms, failures, false).leave_all;
  BOOST_TEST(left);
}

BOOST_AUTO_TEST_CASE(each_outage_is_noticed_once) {
  NodeHealth health;
  BOOST_TEST(!health.notice_outages(0));
  BOOST_TEST(health.notice_outages(1));
  BOOST_TEST(!health.notice_outages(1));
  BOOST_TEST(health.notice_outages(3));
}

BOOST_AUTO_TEST_SUITE_END()
