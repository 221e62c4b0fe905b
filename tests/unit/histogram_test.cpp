#include "koobatch/observe/histogram.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

using koobatch::Duration;
using koobatch::observe::Histogram;
using namespace std::chrono_literals;

namespace {

/// Nearest rank, by sorting.
Duration exact_percentile(std::vector<Duration> values, double fraction) {
  std::sort(values.begin(), values.end());
  const auto rank =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size()))));
  return values[rank - 1];
}

double relative_error(Duration is, Duration should) {
  if (should == 0ns) return is == 0ns ? 0 : 1;
  return std::abs(static_cast<double>((is - should).count())) / static_cast<double>(should.count());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(histogram)

BOOST_AUTO_TEST_CASE(an_empty_one_has_only_zeros) {
  const Histogram h;
  BOOST_TEST(h.count() == 0U);
  BOOST_TEST((h.percentile(0.5) == 0ns));
  BOOST_TEST((h.min() == 0ns));
  BOOST_TEST((h.max() == 0ns));
  BOOST_TEST((h.mean() == 0ns));
}

BOOST_AUTO_TEST_CASE(a_single_value_is_every_percentile_exactly) {
  Histogram h;
  h.record(1'234'567ns);
  for (const double fraction : {0.0, 0.01, 0.5, 0.99, 1.0}) BOOST_TEST((h.percentile(fraction) == 1'234'567ns));
}

BOOST_AUTO_TEST_CASE(any_value_of_any_size_is_within_one_percent) {
  for (int power = 0; power < 63; ++power) {
    for (const double factor : {1.0, 1.0078, 1.25, 1.5, 1.7, 1.99}) {
      const double value = std::ldexp(factor, power);
      if (value >= 9.2e18) continue;
      const auto duration = Duration(static_cast<Duration::rep>(value));
      Histogram h;
      // One far smaller and one far larger, so that the exact extremes do not help.
      h.record(0ns);
      h.record(duration);
      h.record(Duration::max());
      BOOST_REQUIRE_LT(relative_error(h.percentile(0.5), duration), 0.01);
    }
  }
}

BOOST_AUTO_TEST_CASE(percentiles_of_many_values_are_within_one_percent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latency(12, 2);  // around 160 microseconds, with a long tail
  std::vector<Duration> values;
  Histogram h;
  for (int i = 0; i < 100'000; ++i) {
    values.emplace_back(static_cast<Duration::rep>(latency(random)));
    h.record(values.back());
  }
  for (const double fraction : {0.0001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    BOOST_TEST_CONTEXT("fraction " << fraction) {
      BOOST_TEST(relative_error(h.percentile(fraction), exact_percentile(values, fraction)) < 0.01);
    }
  }
  BOOST_TEST((h.max() == exact_percentile(values, 1)));
  BOOST_TEST((h.min() == exact_percentile(values, 0)));
}

BOOST_AUTO_TEST_CASE(a_percentile_is_the_nearest_rank) {
  Histogram h;
  for (int i = 1; i <= 100; ++i) h.record(Duration(i));
  BOOST_TEST((h.percentile(0.5) == 50ns));
  BOOST_TEST((h.percentile(0.501) == 51ns));
  BOOST_TEST((h.percentile(0.99) == 99ns));
  BOOST_TEST((h.percentile(1) == 100ns));
  BOOST_TEST((h.percentile(0) == 1ns));
}

BOOST_AUTO_TEST_CASE(merging_is_as_if_one_had_recorded_it_all) {
  Histogram all, odd, even;
  for (int i = 0; i < 10'000; ++i) {
    const auto value = Duration(i * 977);
    all.record(value);
    (i % 2 == 0 ? even : odd).record(value);
  }
  Histogram merged;
  merged.merge(odd);
  merged.merge(even);
  merged.merge(Histogram());
  BOOST_TEST(merged.count() == all.count());
  BOOST_TEST((merged.min() == all.min()));
  BOOST_TEST((merged.max() == all.max()));
  BOOST_TEST((merged.mean() == all.mean()));
  for (double fraction = 0; fraction <= 1; fraction += 0.05) {
    BOOST_TEST((merged.percentile(fraction) == all.percentile(fraction)));
  }
}

BOOST_AUTO_TEST_CASE(a_clock_that_went_back_counts_as_no_time) {
  Histogram h;
  h.record(-5ms);
  BOOST_TEST(h.count() == 1U);
  BOOST_TEST((h.max() == 0ns));
}

BOOST_AUTO_TEST_SUITE_END()
