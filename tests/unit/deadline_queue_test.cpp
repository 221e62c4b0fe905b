#include "koobatch/net/deadline_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <random>
#include <vector>

using koobatch::Duration;
using koobatch::TimePoint;
using koobatch::net::Deadline;
using koobatch::net::DeadlineQueue;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};

struct Exchange : Deadline {
  int expired = 0;
  std::function<void()> then;

  void expire() override {
    ++expired;
    if (then) then();
  }
};

struct Queue : DeadlineQueue {
  int told = 0;  ///< how often the last deadline armed was the earliest
  void arm(Deadline& deadline, TimePoint at) {
    if (DeadlineQueue::arm(deadline, at)) ++told;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(deadline_queue)

BOOST_AUTO_TEST_CASE(an_empty_queue_waits_for_ever) {
  Queue queue;
  BOOST_TEST((queue.next() == TimePoint::max()));
  queue.expire(start);
}

BOOST_AUTO_TEST_CASE(a_deadline_expires_once_and_not_before_its_time) {
  Queue queue;
  Exchange exchange;
  queue.arm(exchange, start + 5s);
  queue.expire(start + 5s - 1ns);
  BOOST_TEST(exchange.expired == 0);
  BOOST_TEST(exchange.armed());
  queue.expire(start + 5s);
  BOOST_TEST(exchange.expired == 1);
  BOOST_TEST(!exchange.armed());
  queue.expire(start + 6s);
  BOOST_TEST(exchange.expired == 1);
}

BOOST_AUTO_TEST_CASE(the_earliest_comes_first_in_whatever_order_they_were_armed) {
  std::mt19937_64 random(3);
  Queue queue;
  std::vector<Exchange> exchanges(200);
  std::vector<Duration> order;
  for (Exchange& exchange : exchanges) {
    const Duration after(random() % 1000);
    exchange.then = [&order, after] { order.push_back(after); };
    queue.arm(exchange, start + after);
  }
  while (queue.next() != TimePoint::max()) queue.expire(queue.next());
  BOOST_TEST(order.size() == exchanges.size());
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(equal_times_expire_in_the_order_they_were_armed) {
  Queue queue;
  std::vector<Exchange> exchanges(3);
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    exchanges[static_cast<std::size_t>(i)].then = [&order, i] { order.push_back(i); };
    queue.arm(exchanges[static_cast<std::size_t>(i)], start);
  }
  queue.expire(start);
  BOOST_TEST(order == (std::vector<int>{0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(a_disarmed_deadline_never_expires) {
  Queue queue;
  Exchange kept;
  Exchange ended;
  queue.arm(ended, start);
  queue.arm(kept, start + 1s);
  ended.disarm();
  BOOST_TEST((queue.next() == start + 1s));
  queue.expire(start + 1h);
  BOOST_TEST(ended.expired == 0);
  BOOST_TEST(kept.expired == 1);
}

BOOST_AUTO_TEST_CASE(arming_again_moves_a_deadline) {
  Queue queue;
  Exchange exchange;
  queue.arm(exchange, start + 1s);
  queue.arm(exchange, start + 9s);
  queue.expire(start + 5s);
  BOOST_TEST(exchange.expired == 0);
  queue.arm(exchange, start + 6s);
  queue.expire(start + 6s);
  BOOST_TEST(exchange.expired == 1);
}

BOOST_AUTO_TEST_CASE(the_timer_is_set_again_only_for_a_new_earliest_deadline) {
  Queue queue;
  Exchange first;
  Exchange later;
  Exchange sooner;
  queue.arm(first, start + 5s);
  BOOST_TEST(queue.told == 1);
  queue.arm(later, start + 6s);
  BOOST_TEST(queue.told == 1);
  queue.arm(sooner, start + 4s);
  BOOST_TEST(queue.told == 2);
}

BOOST_AUTO_TEST_CASE(one_that_goes_out_of_scope_removes_itself) {
  Queue queue;
  {
    Exchange exchange;
    queue.arm(exchange, start);
  }
  BOOST_TEST((queue.next() == TimePoint::max()));
}

BOOST_AUTO_TEST_CASE(an_expiry_may_disarm_destroy_and_arm_others) {
  Queue queue;
  Exchange first;
  Exchange second;
  auto third = std::make_unique<Exchange>();
  Exchange fourth;
  queue.arm(first, start);
  queue.arm(second, start);
  queue.arm(*third, start);
  first.then = [&] {
    second.disarm();
    third.reset();
    queue.arm(fourth, start);
    queue.arm(first, start + 1s);
  };
  queue.expire(start);
  BOOST_TEST(second.expired == 0);
  BOOST_TEST(fourth.expired == 1);
  BOOST_TEST(first.expired == 1);
  BOOST_TEST(first.armed());
}

BOOST_AUTO_TEST_SUITE_END()
