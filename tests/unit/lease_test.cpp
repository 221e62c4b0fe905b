#include "fleet/lease.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace std::chrono_literals;

namespace {

constexpr BootTime boot{1h};
constexpr Duration length = 20s;

/// What the service's clock shows at this time of ours, if it differs by so much from a clock that started in 2026.
WallTime dated(BootTime now, Duration difference = {}) {
  return WallTime(std::chrono::hours(500'000)) + (now - boot) + difference;
}

/// A lease whose renewal was sent at `sent` and acknowledged.
Lease renewed(BootTime sent) {
  Lease lease(length);
  lease.acknowledged(lease.begin_renewal(sent, dated(sent)));
  return lease;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lease)

BOOST_AUTO_TEST_CASE(nothing_is_sent_before_the_first_renewal_is_acknowledged) {
  Lease lease(length);
  BOOST_TEST(!lease.may_send(boot, dated(boot)));
  BOOST_TEST(lease.is_over(boot));
  const auto renewal = lease.begin_renewal(boot, dated(boot));
  BOOST_TEST(!lease.may_send(boot, dated(boot)));
  BOOST_TEST(lease.acknowledged(renewal));
  BOOST_TEST(lease.may_send(boot, dated(boot)));
  BOOST_TEST(!lease.is_over(boot));
}

BOOST_AUTO_TEST_CASE(the_lease_counts_from_when_the_statement_was_sent_not_from_when_it_was_answered) {
  Lease lease(length);
  const auto renewal = lease.begin_renewal(boot, dated(boot));
  lease.acknowledged(renewal);
  BOOST_TEST((lease.end() == boot + length));
  const BootTime last = boot + length - Lease::margin;
  BOOST_TEST(lease.may_send(last - 1ns, dated(boot)));
  BOOST_TEST(!lease.may_send(last, dated(boot)));
}

BOOST_AUTO_TEST_CASE(no_x_date_may_lie_beyond_the_lease_even_while_our_clock_stands_still) {
  Lease lease = renewed(boot);
  const WallTime last = dated(boot) + length - Lease::margin;
  BOOST_TEST(lease.may_send(boot, last - 1ns));
  BOOST_TEST(!lease.may_send(boot, last));
}

BOOST_AUTO_TEST_CASE(a_machine_whose_calendar_is_corrected_when_it_wakes_up_sends_nothing) {
  // All clocks stood still for 10 minutes; what is asked for now is dated as the service's clock shows it.
  Lease lease = renewed(boot);
  BOOST_TEST(!lease.may_send(boot + 1s, dated(boot + 1s, 10min)));
  // Even if the answer to a renewal that was sent before is read only now.
  const auto renewal = Lease(length).begin_renewal(boot + 500ms, dated(boot + 500ms));
  lease.acknowledged(renewal);
  BOOST_TEST(!lease.may_send(boot + 1s, dated(boot + 1s, 10min)));
}

BOOST_AUTO_TEST_CASE(a_machine_that_was_suspended_sends_nothing_when_it_wakes_up) {
  Lease lease = renewed(boot);
  BOOST_TEST(!lease.may_send(boot + 10min, dated(boot)));
}

BOOST_AUTO_TEST_CASE(a_renewal_never_shortens_the_lease) {
  Lease lease(length);
  const auto first = lease.begin_renewal(boot, dated(boot));
  const auto second = lease.begin_renewal(boot + 5s, dated(boot + 5s));
  BOOST_TEST(lease.acknowledged(second));
  BOOST_TEST(!lease.acknowledged(first));
  BOOST_TEST((lease.end() == boot + 5s + length));
  BOOST_TEST(lease.may_send(boot + length, dated(boot + length)));
}

BOOST_AUTO_TEST_CASE(a_clock_that_differs_from_the_services_does_not_end_the_lease) {
  for (const Duration difference : {Duration(-30min), Duration(-20s), Duration(20s), Duration(30min)}) {
    BOOST_TEST_CONTEXT("difference " << difference.count()) {
      Lease lease(length);
      lease.acknowledged(lease.begin_renewal(boot, dated(boot, difference)));
      BOOST_TEST(lease.may_send(boot + 19s, dated(boot + 19s, difference)));
      BOOST_TEST(!lease.may_send(boot + 20s, dated(boot + 20s, difference)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_difference_learned_after_the_renewal_waits_only_for_the_next_one) {
  // The first renewal knew only our own clock, which is 20 minutes behind the service's, as the first answer tells.
  Lease lease = renewed(boot);
  BOOST_TEST(!lease.may_send(boot + 1s, dated(boot + 1s, 20min)));
  const auto next = lease.begin_renewal(boot + 2s, dated(boot + 2s));
  BOOST_TEST(!lease.may_send(boot + 2s, dated(boot + 2s, 20min)));
  lease.acknowledged(next);
  BOOST_TEST(lease.may_send(boot + 3s, dated(boot + 3s, 20min)));
  BOOST_TEST(!lease.may_send(boot + 22s, dated(boot + 22s, 20min)));
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_after_a_renewal_was_begun_is_not_part_of_it) {
  Lease lease = renewed(boot);
  const auto next = lease.begin_renewal(boot + 1s, dated(boot + 1s));
  BOOST_TEST(!lease.may_send(boot + 2s, dated(boot + 2s, 10min)));
  lease.acknowledged(next);
  BOOST_TEST(!lease.may_send(boot + 2s, dated(boot + 2s, 10min)));
}

BOOST_AUTO_TEST_CASE(connections_to_nodes_whose_clocks_differ_by_minutes_all_send) {
  Lease lease = renewed(boot);
  BootTime now = boot;
  unsigned refused = 0;
  for (int i = 0; i < 600; ++i, now += 100ms) {
    if (i % 20 == 0) lease.acknowledged(lease.begin_renewal(now, dated(now)));
    refused += !lease.may_send(now, dated(now, -4min));
    refused += !lease.may_send(now, dated(now, 5min));
  }
  BOOST_TEST(refused <= 21U, "only until the first renewal after that was first asked for");
}

BOOST_AUTO_TEST_CASE(a_difference_that_is_no_longer_in_use_is_forgotten) {
  Lease lease = renewed(boot);
  lease.may_send(boot, dated(boot, 1h));
  BootTime now = boot;
  for (; now < boot + 3 * Lease::memory; now += 500ms) {
    lease.may_send(now, dated(now));
    lease.acknowledged(lease.begin_renewal(now, dated(now)));
  }
  BOOST_TEST(!lease.may_send(now, dated(now, 21s)));
}

BOOST_AUTO_TEST_CASE(standing_down_begins_early_enough_for_the_timer_to_be_disarmed) {
  const Lease lease = renewed(boot);
  BOOST_TEST((lease.stand_down_at() == lease.end() - 1s));
  BOOST_TEST(!lease.is_over(lease.stand_down_at() - 1ns));
  BOOST_TEST(lease.is_over(lease.stand_down_at()));
  Lease brief(2s);
  brief.acknowledged(brief.begin_renewal(boot, dated(boot)));
  BOOST_TEST((brief.stand_down_at() == brief.end() - Lease::margin));
}

BOOST_AUTO_TEST_CASE(an_enrolment_that_is_over_sends_nothing_and_is_not_revived) {
  Lease lease = renewed(boot);
  lease.terminate();
  BOOST_TEST(!lease.may_send(boot, dated(boot)));
  BOOST_TEST(lease.is_over(boot));
  lease.acknowledged(lease.begin_renewal(boot + 1s, dated(boot + 1s)));
  BOOST_TEST(!lease.may_send(boot + 1s, dated(boot + 1s)));
}

// What the hold relies on: nothing is ever dated later than one lease after a renewal that was acknowledged was begun,
// by the largest difference that was in use before.
RC_BOOST_PROP(nothing_is_dated_beyond_the_lease, ()) {
  Lease lease(length);
  BootTime now = boot;
  Duration largest = -1h;
  BootTime last_sent = boot - 1h;
  WallTime latest = WallTime::min();
  std::vector<std::pair<Lease::Renewal, WallTime>> open;
  for (int i = 0; i < 200; ++i) {
    now += Duration(*rc::gen::inRange<std::int64_t>(0, 3'000'000'000));
    const Duration difference = std::chrono::seconds(*rc::gen::inRange(-600, 600));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        largest = std::max(largest, difference);
        open.emplace_back(lease.begin_renewal(now, dated(now, difference)), dated(now, largest) + length);
        break;
      case 1:
        if (open.empty()) break;
        if (const auto [renewal, end] = open[*rc::gen::inRange<std::size_t>(0, open.size())];
            lease.acknowledged(renewal)) {
          RC_ASSERT(renewal.sent > last_sent);
          last_sent = renewal.sent;
          latest = std::max(latest, end);
        }
        break;
      default:
        if (lease.may_send(now, dated(now, difference))) {
          RC_ASSERT(now + Lease::margin < last_sent + length);
          RC_ASSERT(dated(now, difference) + Lease::margin < latest);
        }
        largest = std::max(largest, difference);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
