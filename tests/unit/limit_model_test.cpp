#include "koobatch/flow/in_flight_limit.hpp"
#include "koobatch/flow/learned_limit.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <utility>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

// Tests the model against quotas in virtual time, with sixteen connections and answers after a millisecond.

namespace {

constexpr TimePoint start{1h};

/// Whether a request at this time, in seconds since the start, is admitted.
using Quota = std::function<bool(double)>;

/// `rate` requests in each second of the service's clock, whose seconds begin at `phase`.
Quota clock_window(std::function<double(double)> rate, double phase) {
  return [rate, phase, window = -1.0, count = 0.0](double now) mutable {
    const double number = std::floor(now + 1 - phase);
    if (number != window) count = 0;
    window = number;
    return count < rate(now) ? (++count, true) : false;
  };
}

/// Tokens that arrive evenly and are saved up to `burst` seconds' worth, at least one.
Quota bucket(double rate, double burst) {
  const double most = std::max(1.0, rate * burst);
  return [=, tokens = most, last = 0.0](double now) mutable {
    tokens = std::min(most, tokens + rate * (now - last));
    last = now;
    return tokens >= 1 ? (--tokens, true) : false;
  };
}

/// HAProxy's counter: what a second counts fades during the next one, and what is refused is counted as well.
Quota counter(std::function<double(double)> rate) {
  return [rate, second = 0.0, count = 0.0, before = 0.0](double now) mutable {
    if (const double gone = std::floor(now) - second; gone > 0) {
      before = gone < 2 ? std::exchange(count, 0) : 0;
      count = 0;
      second += gone;
    }
    return ++count + std::floor(before * (second + 1 - now)) <= rate(now);
  };
}

std::function<double(double)> always(double rate) {
  return [rate](double) { return rate; };
}

/// A client with an endless supply of requests.
class Client {
 public:
  explicit Client(Quota quota) : quota_(std::move(quota)) {}

  struct Sum {
    unsigned admitted = 0, refused = 0;
  };
  Sum run(Duration time) {
    Sum sum;
    for (const TimePoint end = now_ + time; now_ < end; now_ += 100us) {
      for (; !in_flight_.empty() && in_flight_.front().at <= now_; in_flight_.pop_front()) answer(in_flight_.front());
      while (in_flight_.size() < 16 && in_flight_limit_.may_send() && limit_.due(now_) <= now_) send(sum);
    }
    return sum;
  }
  double rate() { return limit_.rate(now_).value_or(0); }

 private:
  struct Sent {
    TimePoint at, sent;
    std::uint32_t with;
    bool admitted;
  };

  void send(Sum& sum) {
    const bool admitted = quota_(seconds(now_ - start));
    ++(admitted ? sum.admitted : sum.refused);
    limit_.take(now_);
    const auto with = in_flight_limit_.sent();
    in_flight_.push_back({now_ + 1ms, now_, with, admitted});
  }
  void answer(const Sent& it) {
    in_flight_limit_.landed();
    if (!it.admitted) {
      if (!in_flight_limit_.refused({it.sent, it.with}, now_) || limit_.exhausted())
        limit_.refused(it.sent, now_, false, {});
      return;
    }
    in_flight_limit_.admitted({it.sent, it.with}, now_);
    limit_.admitted(it.sent, now_, false);
  }

  Quota quota_;
  TimePoint now_ = start;
  LearnedLimit limit_{0, 0, start, false};
  InFlightLimit in_flight_limit_;
  std::deque<Sent> in_flight_;
};

/// Checks that after 3 s most of the quota is used, and little is refused.
void check_steady(Client& client, double rate) {
  client.run(3s);
  const auto sum = client.run(20s);
  BOOST_TEST(sum.admitted >= 0.95 * rate * 20);
  BOOST_TEST(sum.refused <= std::max(0.01 * sum.admitted, 4.0));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limit_model)

BOOST_AUTO_TEST_CASE(a_quota_counted_by_the_clock_second_is_found_and_used) {
  for (const double rate : {50.0, 300.0, 3'000.0}) {
    for (const double phase : {0.0, 0.3, 0.9}) {
      BOOST_TEST_CONTEXT(rate << "/s from " << phase) {
        Client client(clock_window(always(rate), phase));
        check_steady(client, rate);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_token_bucket_is_found_and_used_whatever_its_burst) {
  for (const double rate : {50.0, 300.0, 3'000.0}) {
    for (const double burst : {0.0, 0.1, 1.0}) {
      // This client is late by up to a tenth of a millisecond, which a bucket without a burst does not tolerate.
      if (rate > 1'000 && burst == 0) continue;
      BOOST_TEST_CONTEXT(rate << "/s, burst " << burst) {
        Client client(bucket(rate, burst));
        check_steady(client, rate);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_counter_that_counts_refusals_is_found_and_used) {
  for (const double rate : {50.0, 300.0, 3'000.0}) {
    BOOST_TEST_CONTEXT(rate << "/s") {
      Client client(counter(always(rate)));
      check_steady(client, rate);
    }
  }
}

BOOST_AUTO_TEST_CASE(repeated_cuts_do_not_go_far_below_what_is_admitted) {
  // The limit is looked for far above the old one, and all that is sent is refused until less is sent than before.
  Client client(counter([](double now) { return now < 8 ? 300.0 : 600.0; }));
  client.run(14s);
  const auto sum = client.run(16s);
  BOOST_TEST(sum.admitted >= 0.95 * 600 * 16);
  BOOST_TEST(sum.refused <= 0.01 * sum.admitted);
}

BOOST_AUTO_TEST_CASE(finding_a_quota_costs_few_refusals) {
  Client client(clock_window(always(300), 0.4));
  BOOST_TEST(client.run(3s).refused <= 45U, "those in flight, and those that asked for room");
}

BOOST_AUTO_TEST_CASE(a_quota_that_fell_is_found_within_three_seconds) {
  Client client(clock_window([](double now) { return now < 10 ? 600 : 150; }, 0));
  client.run(13s);
  const auto sum = client.run(5s);
  BOOST_TEST(sum.admitted >= 0.9 * 150 * 5);
  BOOST_TEST(sum.refused <= 0.03 * 150 * 5);
}

BOOST_AUTO_TEST_CASE(a_quota_that_doubled_is_found_within_ten_seconds) {
  Client client(clock_window([](double now) { return now < 10 ? 300 : 600; }, 0));
  client.run(20s);
  BOOST_TEST(client.run(5s).admitted >= 0.9 * 600 * 5);
}

BOOST_AUTO_TEST_CASE(a_service_that_admits_nothing_any_more_is_asked_a_few_times) {
  Client client(clock_window([](double now) { return now < 5 ? 300 : 0; }, 0));
  client.run(5s);
  BOOST_TEST(client.run(10s).refused <= 30U);
}

BOOST_AUTO_TEST_CASE(a_limit_that_no_longer_applies_is_forgotten) {
  Client client(clock_window([](double now) { return now < 5 ? 300 : 1e9; }, 0));
  client.run(5s);
  BOOST_TEST(client.rate() > 0);
  client.run(200s);
  BOOST_TEST(client.rate() == 0);
}

BOOST_AUTO_TEST_CASE(failures_that_turn_out_not_to_be_refusals_leave_the_limit_unchanged) {
  LimitModel model(0);
  const Moment at{start, start, 1s};
  model.begin_trial(1s, true);
  model.refused(at, {});
  BOOST_TEST(model.exhausted());
  model.end_trial(2s, false);
  BOOST_TEST(!model.exhausted());
  BOOST_TEST(!model.rate(2s).has_value());
}

BOOST_AUTO_TEST_CASE(refusals_during_an_outage_say_nothing_about_a_quota) {
  LimitModel model(0);
  model.refused({start, start, 1s}, {});
  model.resume(2s);
  BOOST_TEST(!model.exhausted());
  BOOST_TEST(!model.rate(2s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
