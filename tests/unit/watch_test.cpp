#include "fleet/watch.hpp"
#include "fleet_support.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace koobatch::fleet::test;
using namespace std::chrono_literals;

namespace {

constexpr WorkerNumber me = 1, other = 2;
constexpr Duration lease = 20s;

/// Somebody who watches one other worker, once a second.
struct Watcher {
  Watch watch{lease};
  BootTime now = start;
  std::uint64_t connection = 1;
  std::uint64_t beat = 7;      ///< the other's
  bool acknowledged = true;    ///< whether our own statements are
  Duration round_trip = 10ms;  ///< of a survey

  /// Watches for so long; returns the last suspects.
  std::vector<Watch::Suspect> run(Duration time) {
    std::vector<Watch::Suspect> suspects;
    for (const BootTime until = now + time; now < until; now += 1s) {
      if (acknowledged) watch.own_acknowledged(now);
      const std::vector<WorkerRow> rows = {row(me, 1), row(other, beat)};
      suspects = watch.observe(rows, me, connection, now, now + round_trip);
    }
    return suspects;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(watch)

BOOST_AUTO_TEST_CASE(a_beat_that_stood_still_for_more_than_the_lease_may_be_fenced) {
  Watcher watcher;
  BOOST_TEST((Watch::patience(lease) == 21'400ms));
  BOOST_TEST(watcher.run(22s).empty());
  const std::vector<Watch::Suspect> expected = {{other, 7}};
  BOOST_TEST((watcher.run(2s) == expected));
}

BOOST_AUTO_TEST_CASE(whoever_beats_is_not_suspected) {
  Watcher watcher;
  for (int i = 0; i < 20; ++i, ++watcher.beat) BOOST_TEST(watcher.run(20s).empty());
}

BOOST_AUTO_TEST_CASE(standing_still_is_measured_up_to_when_the_survey_was_asked_for) {
  Watcher watcher;
  watcher.run(1s);
  // The answer says how things stood when it was asked for at the earliest, however late it arrives.
  watcher.watch.own_acknowledged(watcher.now + 1min);
  const std::vector<WorkerRow> rows = {row(other, 7)};
  BOOST_TEST(watcher.watch.observe(rows, me, 1, watcher.now, watcher.now + 1min).empty());
  watcher.watch.own_acknowledged(watcher.now + 1min);
}

BOOST_AUTO_TEST_CASE(a_watch_starts_when_the_beat_is_received) {
  Watcher watcher;
  watcher.round_trip = 5s;
  BOOST_TEST(watcher.run(27s).empty());
  BOOST_TEST(watcher.run(2s).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_lost_connection_starts_all_watches_anew) {
  Watcher watcher;
  watcher.run(20s);
  ++watcher.connection;
  BOOST_TEST(watcher.run(22s).empty());
  BOOST_TEST(watcher.run(3s).size() == 1U);
}

BOOST_AUTO_TEST_CASE(nobody_is_suspected_while_our_own_statements_are_not_acknowledged) {
  Watcher watcher;
  watcher.run(10s);
  watcher.acknowledged = false;
  BOOST_TEST(watcher.run(5min).empty());
  watcher.acknowledged = true;
  BOOST_TEST(watcher.run(22s).empty(), "nor right after that: the others could not beat either");
  BOOST_TEST(watcher.run(3s).size() == 1U);
}

BOOST_AUTO_TEST_CASE(nobody_is_suspected_before_a_statement_of_ours_was_acknowledged) {
  Watcher watcher;
  watcher.acknowledged = false;
  BOOST_TEST(watcher.run(1min).empty());
}

BOOST_AUTO_TEST_CASE(short_leases_are_watched_too_by_those_who_beat_every_two_seconds) {
  Watch watch(5s);
  const std::vector<WorkerRow> rows = {row(other, 7)};
  std::vector<Watch::Suspect> suspects;
  for (BootTime now = start; now < start + 10s; now += 1s) {
    // A commit may take half a second.
    if ((now - start) % 2s == 0s) watch.own_acknowledged(now + (now - start) % 4s / 4);
    suspects = watch.observe(rows, me, 1, now, now);
  }
  BOOST_TEST(suspects.size() == 1U);
}

BOOST_AUTO_TEST_CASE(neither_ourselves_nor_those_who_are_gone_are_suspected) {
  Watch watch(lease);
  const std::vector<WorkerRow> rows = {row(me, 1), row(3, 1, WorkerState::left), row(4, 1, WorkerState::fenced)};
  for (BootTime now = start; now < start + 1min; now += 1s) {
    watch.own_acknowledged(now);
    BOOST_TEST(watch.observe(rows, me, 1, now, now).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
