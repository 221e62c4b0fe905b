#include "koobatch/flow/in_flight_limit.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::TimePoint;
using koobatch::flow::InFlightLimit;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

/// Sends until the limit allows no more. Returns how many were sent.
unsigned send_all(InFlightLimit& limit) {
  unsigned sent = 0;
  for (; sent < 1'000'000 && limit.may_send(); ++sent) limit.sent();
  return sent;
}

/// A round of answers, long after the last one.
void answer(InFlightLimit& limit, unsigned count) {
  static TimePoint now = start;
  now += 1s;
  for (unsigned i = 0; i < count; ++i) {
    limit.landed();
    limit.admitted({start, count}, now);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(in_flight_limit)

BOOST_AUTO_TEST_CASE(the_number_in_flight_starts_at_one_and_doubles_with_each_round_of_answers) {
  InFlightLimit limit;
  for (const unsigned expected : {1U, 2U, 4U, 8U, 16U, 32U}) {
    const unsigned sent = send_all(limit);
    BOOST_TEST(sent == expected);
    answer(limit, sent);
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_was_not_admitted_frees_its_place_but_adds_none) {
  InFlightLimit limit;
  answer(limit, send_all(limit));
  BOOST_TEST(send_all(limit) == 2U);
  limit.landed();
  BOOST_TEST(send_all(limit) == 1U);
}

BOOST_AUTO_TEST_CASE(after_an_outage_it_starts_from_one_again) {
  InFlightLimit limit;
  for (int i = 0; i < 5; ++i) answer(limit, send_all(limit));
  limit.restart();
  BOOST_TEST(send_all(limit) == 1U);
}

BOOST_AUTO_TEST_CASE(when_there_is_nothing_to_find_out_everything_may_be_sent) {
  InFlightLimit limit;
  limit.skip();
  BOOST_TEST(send_all(limit) == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(unexpected_answers_never_make_the_number_in_flight_negative) {
  InFlightLimit limit;
  for (int i = 0; i < 10; ++i) limit.landed();
  BOOST_TEST(limit.in_flight() == 0U);
  BOOST_TEST(send_all(limit) == 1U);
}

BOOST_AUTO_TEST_CASE(a_service_that_refuses_beyond_a_number_in_flight_is_limited_to_it) {
  InFlightLimit limit;
  unsigned refused = 0, admitted = 0;
  for (int round = 0; round < 1'000; ++round) {
    const unsigned sent = send_all(limit);
    for (unsigned with = 1; with <= sent; ++with) {
      limit.landed();
      if (with <= 5) {
        limit.admitted({start, with}, start + round * 1s);
        ++admitted;
      } else {
        BOOST_TEST(limit.refused({start, with}, start));
        ++refused;
      }
    }
  }
  BOOST_TEST(admitted >= 4'900U);
  BOOST_TEST(refused <= 30U);
}

BOOST_AUTO_TEST_CASE(trials_of_one_more_cost_less_than_a_hundredth_even_at_first) {
  InFlightLimit limit;
  unsigned refused = 0, admitted = 0;
  for (int round = 0; round < 100; ++round) {
    const unsigned sent = send_all(limit);
    for (unsigned with = 1; with <= sent; ++with) {
      limit.landed();
      if (with <= 2) {
        limit.admitted({start, with}, start + round * 1s);
        ++admitted;
      } else {
        limit.refused({start, with}, start);
        refused += round > 5;
      }
    }
  }
  BOOST_TEST(admitted >= 190U);
  BOOST_TEST(100 * refused <= admitted);
}

BOOST_AUTO_TEST_CASE(a_refusal_below_the_accepted_number_has_another_cause_and_ends_the_limit) {
  InFlightLimit limit;
  answer(limit, send_all(limit));
  answer(limit, send_all(limit));
  send_all(limit);
  limit.landed();
  BOOST_TEST(!limit.refused({start, 2}, start));
  BOOST_TEST(send_all(limit) == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(a_risen_in_flight_limit_is_found) {
  InFlightLimit limit;
  TimePoint now = start;
  const auto play = [&](unsigned most) {
    now += 1s;
    const unsigned sent = send_all(limit);
    for (unsigned with = 1; with <= sent; ++with) {
      limit.landed();
      with <= most ? limit.admitted({start, with}, now) : static_cast<void>(limit.refused({start, with}, start));
    }
    return sent;
  };
  for (int round = 0; round < 100; ++round) play(4);
  for (int round = 0; round < 5'000; ++round) play(8);
  BOOST_TEST(play(8) >= 8U);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_accepted_now_and_then_is_not_tried_more_and_more_often) {
  InFlightLimit limit;
  TimePoint now = start;
  unsigned refused = 0;
  for (unsigned round = 0; round < 20'000; ++round) {
    now += 100ms;
    // Every other round, a place is free a little earlier.
    const unsigned most = 8 + round % 2;
    const unsigned sent = send_all(limit);
    for (unsigned with = 1; with <= sent; ++with) {
      limit.landed();
      if (with <= most) {
        limit.admitted({now - 1ms, with}, now);
      } else {
        limit.refused({now - 1ms, with}, now);
        ++refused;
      }
    }
  }
  BOOST_TEST(refused <= 800U, "half a percent of 160,000");
}

BOOST_AUTO_TEST_CASE(no_more_is_in_flight_than_the_service_says_is_left_of_its_quota) {
  InFlightLimit limit;
  for (int i = 0; i < 5; ++i) answer(limit, send_all(limit));
  limit.expect_room(7);
  BOOST_TEST(send_all(limit) == 7U);
  limit.landed();
  limit.expect_room(6);
  BOOST_TEST(send_all(limit) == 0U, "the one that was answered is no longer left");
}

BOOST_AUTO_TEST_CASE(one_request_may_find_out_whether_there_is_still_nothing_left) {
  InFlightLimit limit;
  limit.expect_room(0);
  BOOST_TEST(send_all(limit) == 1U);
}

BOOST_AUTO_TEST_CASE(a_service_that_says_nothing_of_its_quota_is_not_limited_by_it) {
  InFlightLimit limit;
  for (int i = 0; i < 3; ++i) answer(limit, send_all(limit));
  limit.expect_room(2);
  limit.expect_room(std::nullopt);
  BOOST_TEST(send_all(limit) == 8U);
}

BOOST_AUTO_TEST_CASE(more_may_be_needed_in_flight_until_a_limit_is_found) {
  InFlightLimit limit;
  while (limit.may_send(6)) limit.sent();
  BOOST_TEST(limit.in_flight() == 6U);
  BOOST_TEST(!limit.may_send());
  limit.expect_room(3);
  BOOST_TEST(!limit.may_send(7), "what is said to be left still counts");
}

BOOST_AUTO_TEST_SUITE_END()
