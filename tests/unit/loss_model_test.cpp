#include "koobatch/flow/loss_model.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>
#include <random>

using koobatch::TimePoint;
using koobatch::flow::LossModel;
using Finding = LossModel::Finding;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};
constexpr double no_limit = std::numeric_limits<double>::infinity();

/// An answer at `now` to a request sent at `sent`, and what it proves.
Finding answer(LossModel& model, bool failed, TimePoint sent, TimePoint now, double rate) {
  return model.observe(failed, sent) ? model.conclude(failed, now, rate) : Finding::nothing;
}

/// Answers one request per millisecond. A share of them fails, which may depend on whether an experiment is in
/// progress.
struct Service {
  LossModel model;
  std::mt19937 random{1};
  TimePoint now = start;
  unsigned suspicious = 0, refused = 0, helped = 0, noise = 0;

  void send(unsigned count, double share, double share_when_slower) {
    for (unsigned i = 0; i < count; ++i, now += 1ms) {
      const double it = model.trying() || helped > 0 ? share_when_slower : share;
      const bool failed = std::uniform_real_distribution<>(0, 1)(random) < it;
      switch (answer(model, failed, now, now, no_limit)) {
        case Finding::nothing:
          break;
        case Finding::refused:
          ++refused;
          break;
        case Finding::suspicious:
          ++suspicious;
          break;
        case Finding::helped:
          ++helped;
          break;
        case Finding::noise:
          ++noise;
          break;
      }
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(loss_model)

BOOST_AUTO_TEST_CASE(a_share_of_failures_that_does_not_depend_on_the_rate_costs_one_experiment) {
  for (const double share : {0.12, 0.3, 0.5}) {
    BOOST_TEST_CONTEXT(share) {
      Service service;
      service.send(20'000, share, share);
      BOOST_TEST(service.helped == 0U);
      BOOST_TEST(service.suspicious <= 3U);
      BOOST_TEST(service.noise <= 3U);
      BOOST_TEST(std::abs(service.model.noise() - share) < 0.1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_little_noise_is_not_even_suspicious) {
  Service service;
  service.send(20'000, 0.01, 0.01);
  BOOST_TEST(service.suspicious == 0U);
}

BOOST_AUTO_TEST_CASE(failures_that_vanish_at_a_lower_rate_are_overload) {
  Service service;
  service.send(2'000, 0.5, 0.0);
  BOOST_TEST(service.helped == 1U);
  BOOST_TEST(service.noise == 0U);
}

BOOST_AUTO_TEST_CASE(more_consecutive_failures_than_chance_explains_mean_that_nothing_is_admitted) {
  Service service;
  service.send(1'000, 0.0, 0.0);
  service.send(5, 1.0, 1.0);
  BOOST_TEST(service.suspicious == 1U);
}

BOOST_AUTO_TEST_CASE(where_half_of_all_fail_anyway_more_consecutive_failures_are_needed) {
  Service service;
  service.send(5'000, 0.5, 0.5);
  const unsigned before = service.suspicious;
  service.send(10, 1.0, 1.0);
  BOOST_TEST(service.suspicious == before);
  service.send(60, 1.0, 1.0);
  BOOST_TEST(service.suspicious > before);
}

BOOST_AUTO_TEST_CASE(answers_to_requests_sent_before_an_experiment_do_not_count_in_it) {
  Service service;
  while (!service.model.trying()) service.send(1, 0.5, 0.5);
  for (int i = 0; i < 1'000; ++i) {
    BOOST_REQUIRE((answer(service.model, true, start, service.now, no_limit) == Finding::nothing));
  }
  BOOST_TEST(service.model.trying());
}

/// A service that fails what goes beyond its limit, and a share of everything; a caller that keeps to a rate for a
/// second, and lowers it as it is told.
struct Limited {
  LossModel model;
  double limit, noise;
  std::mt19937 random{1};
  TimePoint now = start;
  double rate, rate_before = 0;
  unsigned refused = 0, suspicious = 0, failed = 0;

  Limited(double most, double always_failing, double begin) : limit(most), noise(always_failing), rate(begin) {}

  Finding send() {
    now += std::chrono::duration_cast<koobatch::Duration>(std::chrono::duration<double>(1 / rate));
    const double share = noise + (1 - noise) * std::max(0.0, 1 - limit / rate);
    const bool fails = std::uniform_real_distribution<>(0, 1)(random) < share;
    failed += fails;
    const auto finding = answer(model, fails, now, now, rate);
    if (finding == Finding::noise) rate = rate_before;
    if (finding == Finding::suspicious) rate_before = rate;
    // Unless it is known already that failures depend on the rate, that is found out at one that is certainly low
    // enough.
    if (finding == Finding::suspicious || finding == Finding::refused) rate *= model.proven() ? 0.9 : 0.5;
    refused += finding == Finding::refused;
    suspicious += finding == Finding::suspicious;
    return finding;
  }
  void send_for(double seconds) {
    for (const auto end = now + std::chrono::duration_cast<koobatch::Duration>(std::chrono::duration<double>(seconds));
         now < end;) {
      send();
    }
  }
  /// Until failures are found to depend on the rate.
  void prove() {
    while (!model.proven() && rate > 1) send();
    BOOST_REQUIRE(model.proven());
  }
};

BOOST_AUTO_TEST_CASE(once_failures_are_found_to_depend_on_the_rate_the_next_one_is_a_refusal) {
  Limited service(300, 0, 600);
  service.prove();
  service.send_for(5);
  service.failed = service.refused = 0;
  service.rate = 330;
  while (service.failed == 0) service.send();
  BOOST_TEST(service.refused == 1U);
}

BOOST_AUTO_TEST_CASE(failures_that_come_again_at_ever_lower_rates_are_no_refusals) {
  Limited service(300, 0, 600);
  service.prove();
  service.send_for(5);
  service.noise = 0.03;
  service.rate = 290;
  service.refused = 0;
  service.send_for(20);
  BOOST_TEST(service.refused <= 12U);
  BOOST_TEST(service.rate > 50);
}

BOOST_AUTO_TEST_CASE(a_failure_at_a_rate_that_rose_slowly_beyond_the_limit_is_not_taken_for_noise) {
  Limited service(300, 0.1, 150);
  service.send_for(5);
  // So slowly that no second looks unlike the one before.
  double highest = 0;
  for (int i = 0; i < 300 && service.suspicious + service.refused == 0; ++i) {
    service.rate *= 1.01;
    highest = std::max(highest, service.rate);
    service.send_for(0.5);
  }
  BOOST_TEST(service.suspicious + service.refused > 0U);
  BOOST_TEST(highest < 1'000);
}

BOOST_AUTO_TEST_CASE(an_outage_ends_an_experiment_and_is_not_taken_for_noise) {
  Service service;
  service.send(1'000, 0.0, 0.0);
  service.send(5, 1.0, 1.0);
  BOOST_TEST_REQUIRE(service.model.trying());
  service.model.interrupt(service.now);
  BOOST_TEST(!service.model.trying());
  for (int i = 0; i < 1'000; ++i) {
    BOOST_REQUIRE((answer(service.model, true, service.now - 1ms, service.now, no_limit) == Finding::nothing));
  }
  service.send(2'000, 0.0, 0.0);
  BOOST_TEST(!service.model.proven(), "that failures ended with the outage does not mean that the rate was the cause");
  BOOST_TEST(service.model.noise() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
