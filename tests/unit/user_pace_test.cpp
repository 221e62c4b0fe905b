#include "koobatch/flow/user_pace.hpp"
#include "koobatch/flow/user_queues.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

}  // namespace

BOOST_AUTO_TEST_SUITE(user_pace)

BOOST_AUTO_TEST_CASE(without_limits_and_pauses_it_is_idle) {
  UserPace pace(0);
  BOOST_TEST(pace.idle());
  pace.take(1, start);
  BOOST_TEST(pace.idle());
  pace.pause(1, start + 1s, start);
  BOOST_TEST(!pace.idle());
}

BOOST_AUTO_TEST_CASE(each_user_has_a_separate_rate) {
  UserPace pace(10);
  pace.take(1, start);
  BOOST_TEST((pace.due(1, start) == start + 100ms));
  BOOST_TEST((pace.due(2, start) <= start));
}

BOOST_AUTO_TEST_CASE(a_pause_applies_only_to_its_user_and_never_becomes_shorter) {
  UserPace pace(0);
  pace.pause(1, start + 5s, start);
  pace.pause(1, start + 3s, start);
  BOOST_TEST((pace.due(1, start) == start + 5s));
  BOOST_TEST((pace.due(2, start) <= start));
}

BOOST_AUTO_TEST_CASE(users_that_need_not_wait_are_forgotten) {
  UserPace pace(0);
  for (UserPace::User user = 0; user < 1024; ++user) pace.pause(user, start + 1s, start);
  pace.pause(5000, start + 9s, start + 2s);
  pace.pause(5000, start + 3s, start + 2s);
  BOOST_TEST((pace.due(5000, start + 2s) == start + 9s), "a user who waits is not forgotten");
  BOOST_TEST((pace.due(7, start) <= start), "this user's pause was over");
}

/// A service that allows a user a number of requests a second, a tenth of that at once, and asks for a wait beyond it.
class Gateway {
 public:
  explicit Gateway(double rate) : limiter_(rate, static_cast<std::uint32_t>(std::max(1.0, rate / 10))) {}
  bool ask(TimePoint now) { return limiter_.acquire(now); }

 private:
  RateLimiter limiter_;
};

BOOST_AUTO_TEST_CASE(most_of_what_the_service_allows_a_user_is_used_and_little_is_refused) {
  for (const double allowed : {5.0, 20.0, 100.0, 1000.0}) {
    for (const Duration wait : {Duration(0ms), Duration(1s)}) {
      BOOST_TEST_CONTEXT(allowed << "/s, Retry-After " << seconds(wait) << " s") {
        UserPace pace(0);
        const LearnedLimit everybody(0, 0, start, false);
        Gateway gateway(allowed);
        int accepted = 0, refused = 0;
        for (TimePoint now = start; now < start + 60s; now = std::max(now + 100us, pace.due(1, now + 100us))) {
          pace.take(1, now);
          const bool takes = gateway.ask(now);
          (takes ? accepted : refused) += now >= start + 10s;
          if (takes) {
            pace.admitted(1, now, now);
          } else {
            pace.refused(1, now, now, wait, everybody);
            pace.pause(1, now + wait, now);
          }
        }
        BOOST_TEST(accepted >= 0.7 * allowed * 50);
        BOOST_TEST(refused <= 0.1 * allowed * 50);
      }
    }
  }
}

/// Refuses everything a user sends within a second. Returns how much that was.
unsigned ask_for_a_second(UserPace& pace, UserPace::User user, const LearnedLimit& everybody) {
  unsigned refused = 0;
  for (TimePoint now = start; now < start + 1s; now = std::max(now + 100us, pace.due(user, now + 100us))) {
    pace.take(user, now);
    pace.refused(user, now, now, {}, everybody);
    ++refused;
  }
  pace.take(user, start + 1s);
  pace.admitted(user, start + 1s, start + 1s);
  return refused;
}

BOOST_AUTO_TEST_CASE(how_long_to_wait_is_learned_from_users_that_were_refused_before) {
  UserPace pace(0);
  const LearnedLimit everybody(0, 0, start, false);
  pace.see(1);
  pace.see(2);
  const unsigned first = ask_for_a_second(pace, 1, everybody);
  BOOST_TEST(ask_for_a_second(pace, 2, everybody) <= first / 2);
}

BOOST_AUTO_TEST_CASE(what_is_declared_for_users_is_ignored_once_it_has_proven_useless) {
  UserPace pace(0);
  DeclaredQuotas quotas;
  quotas.add({.scope = DeclaredQuota::Scope::user, .limit = 10, .window = 1s});
  pace.hear(1, quotas, start, start, true);
  pace.take(1, start);
  BOOST_TEST((pace.due(1, start) > start));
  const TimePoint later = start + 1min;
  for (UserPace::User user = 2; user < 2'000; ++user) pace.hear(user, quotas, start, start, true);
  for (UserPace::User user = 2; user < 4'000; ++user) pace.pause(user, later, later - 1s);
  pace.hear(5'000, quotas, later, later, true);
  pace.take(5'000, later);
  BOOST_TEST((pace.due(5'000, later) <= later));
}

BOOST_AUTO_TEST_CASE(a_queue_tries_one_operation_at_a_time) {
  UserQueues queues;
  queues.hold(1, 10, start + 1s, false);
  queues.hold(1, 11, start + 2s, false);
  queues.hold(2, 20, start + 3s, false);
  BOOST_TEST(!queues.due(start));
  BOOST_TEST((queues.next() == start + 1s));
  BOOST_TEST(queues.due(start + 1s));
  BOOST_TEST(queues.front() == 10U);
  queues.pop(start + 1s);
  BOOST_TEST(queues.front() == 11U);
  queues.postpone(start + 4s);
  BOOST_TEST(!queues.due(start + 2s));
  BOOST_TEST(queues.due(start + 3s));
  BOOST_TEST(queues.front() == 20U);
  queues.pop(start + 3s);
  BOOST_TEST((queues.next() == start + 4s));
  queues.pop(start + 4s);
  BOOST_TEST((queues.next() == TimePoint::max()));
  BOOST_TEST(queues.size() == 0U);
}

BOOST_AUTO_TEST_CASE(an_operation_put_in_front_goes_first_but_no_sooner) {
  UserQueues queues;
  queues.hold(1, 10, start + 1s, false);
  queues.hold(1, 11, start + 2s, true);
  BOOST_TEST((queues.next() == start + 1s));
  BOOST_TEST(queues.front() == 11U);
}

/// What the answer to a request of a user declares: so fast that only what is left counts.
DeclaredQuotas left_for_user(std::uint32_t left) {
  DeclaredQuotas quotas;
  quotas.add({.scope = DeclaredQuota::Scope::user, .limit = 100'000, .remaining = left, .window = 1s, .reset = 1s});
  return quotas;
}

/// How many requests of a user may be sent within 10 ms from `now` on.
unsigned send_for_a_while(UserPace& pace, UserPace::User user, TimePoint now) {
  unsigned sent = 0;
  for (const TimePoint end = now + 10ms; now < end; now += 1ms) {
    if (pace.due(user, now) > now) continue;
    pace.take(user, now);
    ++sent;
  }
  return sent;
}

BOOST_AUTO_TEST_CASE(no_more_of_a_user_is_sent_than_is_said_to_be_left) {
  UserPace pace(0);
  pace.hear(1, left_for_user(2), start, start, true);
  BOOST_TEST(send_for_a_while(pace, 1, start) == 2U);
  BOOST_TEST(send_for_a_while(pace, 2, start) == 10U, "another user's quota is another");
  pace.landed(1);
  BOOST_TEST(send_for_a_while(pace, 1, start + 20ms) == 1U, "an answer makes room");
}

BOOST_AUTO_TEST_CASE(a_request_is_counted_from_when_something_is_known_of_its_user_whatever_the_clocks_of_threads_say) {
  UserPace pace(0);
  BOOST_TEST(!pace.take(1, start), "nothing is known");
  pace.hear(1, left_for_user(1), start, start + 1ms, true);
  BOOST_TEST(pace.take(1, start), "another thread read its clock before");
  pace.landed(1);
  BOOST_TEST((pace.due(1, start + 1s) <= start + 1s), "nothing is in flight");
}

BOOST_AUTO_TEST_CASE(one_request_of_a_user_asks_when_nothing_is_said_to_be_left) {
  UserPace pace(0);
  pace.hear(1, left_for_user(0), start, start, false);
  BOOST_TEST(send_for_a_while(pace, 1, start) == 1U);
}

BOOST_AUTO_TEST_CASE(a_service_that_is_silent_about_a_user_leaves_no_room_to_believe) {
  UserPace pace(0);
  pace.hear(1, left_for_user(2), start, start, true);
  pace.admitted(1, start, start);
  BOOST_TEST(send_for_a_while(pace, 1, start) == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
