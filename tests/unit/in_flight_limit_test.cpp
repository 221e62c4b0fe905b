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

void answer(InFlightLimit& limit, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    limit.landed();
    limit.admitted({start, count});
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
        limit.admitted({start, with});
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
  const auto play = [&](unsigned most) {
    const unsigned sent = send_all(limit);
    for (unsigned with = 1; with <= sent; ++with) {
      limit.landed();
      with <= most ? limit.admitted({start, with}) : static_cast<void>(limit.refused({start, with}, start));
    }
    return sent;
  };
  for (int round = 0; round < 100; ++round) play(4);
  for (int round = 0; round < 5'000; ++round) play(8);
  BOOST_TEST(play(8) >= 8U);
}

BOOST_AUTO_TEST_SUITE_END()
