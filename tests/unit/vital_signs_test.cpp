#include "fleet/vital_signs.hpp"
#include "fleet_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace std::chrono_literals;

namespace {

constexpr BootTime start = fleet::test::start;

}  // namespace

BOOST_AUTO_TEST_SUITE(vital_signs)

BOOST_AUTO_TEST_CASE(what_is_used_is_measured_between_two_looks) {
  VitalSigns vitals;
  vitals.observe({.requests = 100}, start);
  BOOST_TEST(vitals.read().used == 0);
  vitals.observe({.requests = 150}, start + 1s);
  BOOST_TEST(vitals.read().used == 50);
  vitals.observe({.requests = 150}, start + 2s);
  BOOST_TEST(vitals.read().used == 0);
  BOOST_TEST(vitals.read().counts.requests == 150U);
}

BOOST_AUTO_TEST_CASE(looks_that_follow_each_other_closely_are_taken_together) {
  VitalSigns vitals;
  vitals.observe({.requests = 0}, start);
  vitals.observe({.requests = 40}, start + 100ms);
  BOOST_TEST(vitals.read().used == 0);
  vitals.observe({.requests = 50}, start + 1s);
  BOOST_TEST(vitals.read().used == 50);
}

BOOST_AUTO_TEST_CASE(a_worker_that_uses_its_share_would_use_more) {
  VitalSigns vitals;
  vitals.observe({.requests = 0, .share = 100}, start);
  vitals.observe({.requests = 95, .share = 100}, start + 1s);
  BOOST_TEST(vitals.read().limited);
  vitals.observe({.requests = 115, .share = 100}, start + 2s);
  BOOST_TEST(!vitals.read().limited);
  vitals.observe({.requests = 115, .share = 0.1, .idle_for_rate = true}, start + 3s);
  BOOST_TEST(vitals.read().limited);
}

BOOST_AUTO_TEST_CASE(refusals_that_are_held_back_are_told) {
  VitalSigns vitals;
  vitals.observe({.held_refusals = 3}, start);
  BOOST_TEST(vitals.read().counts.held_refusals == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
