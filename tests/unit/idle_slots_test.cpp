#include "engine/idle_slots.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

using namespace koobatch;
using engine::IdleSlots;

namespace {

struct Owner final : IdleSlots::Owner {
  int times = 0;
  void woken_by_time(TimePoint) override { ++times; }
};

struct Fixture {
  net::asio::io_context context{1};
  net::DeadlineTimer timer{context};
  Owner owner;
  IdleSlots idle{context, timer, owner};
  std::vector<int> woken;

  net::Awaitable<void> sleep(int number) {
    co_await idle.park();
    woken.push_back(number);
  }
  void park(int number) {
    net::asio::co_spawn(context, sleep(number), net::asio::detached);
    context.poll();
    context.restart();
  }
  IdleSlots::Aside aside;
  net::Awaitable<void> sleep_aside(int number) {
    co_await idle.set_aside(aside);
    woken.push_back(number);
  }
  void run() {
    context.poll();
    context.restart();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(idle_slots, Fixture)

BOOST_AUTO_TEST_CASE(the_last_one_parked_is_woken_first) {
  for (const int number : {1, 2, 3}) park(number);
  BOOST_TEST(idle.size() == 3U);
  idle.wake_one();
  run();
  BOOST_TEST(woken == std::vector<int>{3}, boost::test_tools::per_element());
  idle.wake_all();
  run();
  BOOST_TEST(woken == (std::vector<int>{3, 2, 1}), boost::test_tools::per_element());
  BOOST_TEST(idle.size() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_set_aside_is_woken_only_once_it_was_readmitted) {
  for (const int number : {1, 2}) net::asio::co_spawn(context, sleep_aside(number), net::asio::detached);
  run();
  idle.wake_all();
  run();
  BOOST_TEST(woken.empty());
  idle.readmit(aside);
  run();
  BOOST_TEST(woken.empty());
  BOOST_TEST(idle.size() == 2U);
  BOOST_TEST(aside.empty());
  idle.wake_all();
  run();
  BOOST_TEST(woken.size() == 2U);
}

BOOST_AUTO_TEST_CASE(waking_one_of_none_does_no_harm) {
  idle.wake_one();
  run();
  BOOST_TEST(woken.empty());
}

BOOST_AUTO_TEST_CASE(when_its_time_comes_the_timer_wakes_one_and_notifies_the_owner) {
  park(1);
  park(2);
  idle.wake_at(TimePoint::min());
  context.run_one();
  context.restart();
  run();
  BOOST_TEST(owner.times == 1);
  BOOST_TEST(woken == std::vector<int>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_earliest_time_counts) {
  park(1);
  idle.wake_at(TimePoint::max());
  idle.wake_at(Steady::now() + std::chrono::hours(1));
  idle.wake_at(TimePoint::min());
  idle.wake_at(Steady::now() + std::chrono::hours(2));
  context.run_one();
  context.restart();
  run();
  BOOST_TEST(owner.times == 1);
  BOOST_TEST(woken.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
