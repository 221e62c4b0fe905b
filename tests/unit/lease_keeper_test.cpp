#include "fleet/lease_keeper.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace std::chrono_literals;

namespace {

constexpr Duration length = 20s;
const BootTime start(1h);
const WallTime wall_start(std::chrono::hours(400'000));

struct FakeClocks final : LeaseClocks {
  BootTime boot = start;
  WallTime wall = wall_start;

  BootTime now() const override { return boot; }
  WallTime x_date(std::optional<Duration> offset) const override {
    return wall + std::chrono::duration_cast<WallClock::duration>(offset.value_or(Duration::zero()));
  }
  void pass(Duration time) {
    boot += time;
    wall += std::chrono::duration_cast<WallClock::duration>(time);
  }
};

struct FakeAlarm final : Alarm {
  std::optional<BootTime> at;
  std::vector<std::string> steps;

  void arm(BootTime time) override {
    at = time;
    steps.emplace_back("arm");
  }
  void disarm() override {
    at.reset();
    steps.emplace_back("disarm");
  }
};

/// A sender that writes down what it is asked.
struct FakeSender final : Sender {
  std::vector<std::string>* steps = nullptr;
  bool confirms = true;
  std::function<void()> meanwhile;
  std::optional<Duration> clock;

  void hold() override { steps->emplace_back("hold"); }
  void release() override { steps->emplace_back("release"); }
  bool withdraw(std::chrono::milliseconds) override {
    steps->emplace_back("withdraw");
    if (meanwhile) meanwhile();
    return confirms;
  }
  std::optional<Duration> service_clock() const override { return clock; }
};

struct Scene {
  FakeClocks clocks;
  FakeAlarm alarm;
  LeaseKeeper keeper{length, alarm, clocks};
  FakeSender sender;
  std::thread elsewhere;

  Scene() {
    sender.steps = &alarm.steps;
    keeper.engage(sender);
  }
  void renew() { keeper.acknowledged(keeper.begin_renewal()); }
  /// As another thread does it: it opens the gate, and waits to tell the sender.
  void renew_elsewhere() {
    const auto now = clocks.boot;
    elsewhere = std::thread([this, renewal = Lease::Renewal{now, clocks.wall}] { keeper.acknowledged(renewal); });
    while (!admits()) std::this_thread::yield();
  }
  bool admits() { return keeper.admits(clocks.wall); }
  /// As its thread does it.
  bool stand_down() {
    if (keeper.stand_down_if_due()) return true;
    clocks.pass(100ms);
    return keeper.stand_down_if_due();
  }
  std::vector<std::string> steps() { return std::exchange(alarm.steps, {}); }
};

using Steps = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lease_keeper, Scene)

BOOST_AUTO_TEST_CASE(nothing_passes_before_the_first_acknowledgement) {
  BOOST_TEST(!admits());
  const auto renewal = keeper.begin_renewal();
  BOOST_TEST(!admits());
  keeper.acknowledged(renewal);
  BOOST_TEST(admits());
}

BOOST_AUTO_TEST_CASE(the_alarm_is_set_to_the_end_of_the_lease_before_anything_may_be_sent) {
  const auto renewal = keeper.begin_renewal();
  clocks.pass(3s);
  keeper.acknowledged(renewal);
  BOOST_TEST((steps() == Steps{"arm", "release"}));
  BOOST_REQUIRE(alarm.at.has_value());
  // It counts from when the statement was sent.
  BOOST_TEST((*alarm.at == start + length));
}

BOOST_AUTO_TEST_CASE(each_acknowledgement_sets_the_alarm_anew) {
  renew();
  clocks.pass(2s);
  renew();
  BOOST_TEST((*alarm.at == start + 2s + length));
  BOOST_TEST(admits());
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_that_is_late_does_not_shorten_the_lease) {
  const auto first = keeper.begin_renewal();
  clocks.pass(2s);
  renew();
  keeper.acknowledged(first);
  BOOST_TEST((*alarm.at == start + 2s + length));
}

BOOST_AUTO_TEST_CASE(a_renewal_that_is_acknowledged_after_its_own_end_opens_nothing) {
  const auto renewal = keeper.begin_renewal();
  clocks.pass(length);
  keeper.acknowledged(renewal);
  BOOST_TEST(!admits());
  BOOST_TEST(!alarm.at);
}

BOOST_AUTO_TEST_CASE(at_its_end_the_gate_is_closed_before_the_alarm_is_disarmed) {
  renew();
  steps();
  clocks.pass(keeper.next_deadline() - clocks.boot);
  bool open_meanwhile = true;
  sender.meanwhile = [&] { open_meanwhile = admits(); };
  BOOST_TEST(!keeper.stand_down_if_due());
  // What was sent just before may still arrive.
  BOOST_TEST((steps() == Steps{"hold"}));
  BOOST_TEST(!admits());
  BOOST_TEST(!keeper.stand_down_if_due());
  BOOST_TEST((steps() == Steps{}));
  clocks.pass(100ms);
  BOOST_TEST(keeper.stand_down_if_due());
  BOOST_TEST((steps() == Steps{"withdraw", "disarm"}));
  BOOST_TEST(!open_meanwhile);
  BOOST_TEST(!admits());
  BOOST_TEST(keeper.is_down());
  BOOST_TEST((keeper.next_deadline() == BootTime::max()));
}

BOOST_AUTO_TEST_CASE(it_stands_down_before_the_alarm_would_go_off) {
  renew();
  BOOST_TEST((keeper.next_deadline() < *alarm.at));
  BOOST_TEST((keeper.next_deadline() > start + length / 2));
}

BOOST_AUTO_TEST_CASE(nothing_is_done_before_that) {
  renew();
  steps();
  clocks.pass(keeper.next_deadline() - clocks.boot - 1ms);
  BOOST_TEST(keeper.stand_down_if_due());
  BOOST_TEST((steps() == Steps{}));
  BOOST_TEST(admits());
}

BOOST_AUTO_TEST_CASE(the_alarm_stays_armed_until_every_thread_has_confirmed) {
  renew();
  clocks.pass(keeper.next_deadline() - clocks.boot);
  sender.confirms = false;
  BOOST_TEST(!stand_down());
  BOOST_TEST(alarm.at.has_value());
  BOOST_TEST(!keeper.stand_down_if_due());
  BOOST_TEST(alarm.at.has_value());
  BOOST_TEST(!admits());
  sender.confirms = true;
  BOOST_TEST(keeper.stand_down_if_due());
  BOOST_TEST(!alarm.at);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_while_it_stands_down_keeps_the_alarm_armed) {
  renew();
  clocks.pass(keeper.next_deadline() - clocks.boot);
  sender.meanwhile = [&] { renew_elsewhere(); };
  BOOST_TEST(stand_down());
  elsewhere.join();
  BOOST_REQUIRE(alarm.at.has_value());
  BOOST_TEST((*alarm.at == clocks.boot + length));
  BOOST_TEST(admits());
}

// Between confirmation and disarming a request may have passed the gate.
BOOST_AUTO_TEST_CASE(what_was_confirmed_before_the_gate_was_opened_again_does_not_disarm_the_alarm) {
  renew();
  clocks.pass(keeper.next_deadline() - clocks.boot);
  sender.meanwhile = [&] {
    renew_elsewhere();
    keeper.terminate();
  };
  BOOST_TEST(!stand_down());
  elsewhere.join();
  BOOST_TEST(alarm.at.has_value());
  sender.meanwhile = nullptr;
  BOOST_TEST(keeper.stand_down_if_due());
  BOOST_TEST(!alarm.at);
}

BOOST_AUTO_TEST_CASE(after_standing_down_an_acknowledgement_lets_it_go_on) {
  renew();
  clocks.pass(2 * length);
  stand_down();
  BOOST_TEST(!admits());
  steps();
  renew();
  BOOST_TEST((steps() == Steps{"arm", "release"}));
  BOOST_TEST(admits());
  BOOST_TEST(!keeper.is_down());
}

BOOST_AUTO_TEST_CASE(once_the_enrolment_is_over_no_acknowledgement_counts) {
  const auto renewal = keeper.begin_renewal();
  renew();
  keeper.terminate();
  BOOST_TEST(!admits());
  keeper.acknowledged(renewal);
  renew();
  BOOST_TEST(!admits());
  BOOST_TEST((keeper.next_deadline() <= clocks.boot));
  // Others may be sending already: it does not wait for anything.
  BOOST_TEST(keeper.stand_down_if_due());
  BOOST_TEST(!alarm.at);
}

BOOST_AUTO_TEST_CASE(without_an_engine_there_is_nothing_to_confirm) {
  renew();
  keeper.disengage();
  clocks.pass(length);
  BOOST_TEST(stand_down());
  BOOST_TEST(!alarm.at);
}

// A machine that was paused with its clocks: they are set right before anything else happens.
BOOST_AUTO_TEST_CASE(a_clock_that_was_set_forward_during_a_pause_stops_everything) {
  renew();
  BOOST_TEST(admits());
  clocks.wall += std::chrono::minutes(20);
  BOOST_TEST(!admits());
  // The next acknowledgement proves that nobody has taken over.
  clocks.pass(1s);
  renew();
  BOOST_TEST(admits());
}

BOOST_AUTO_TEST_CASE(what_the_service_says_about_its_clock_counts_from_a_renewal_on) {
  renew();
  const auto ahead = std::chrono::minutes(3);
  BOOST_TEST(!keeper.admits(clocks.wall + ahead));
  sender.clock = ahead;
  clocks.pass(1s);
  renew();
  BOOST_TEST(keeper.admits(clocks.wall + ahead));
}

BOOST_AUTO_TEST_SUITE_END()
