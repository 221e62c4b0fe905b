#include "koobatch/report/slowest.hpp"

#include "report/latency_bins.hpp"
#include "report_samples.hpp"

#include <numeric>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

namespace {

ResultRecord answered(std::uint32_t line, Duration latency) {
  auto r = samples::result(line);
  r.latency = latency;
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_slowest)

BOOST_AUTO_TEST_CASE(the_slowest_are_kept_in_order_from_the_slowest) {
  Slowest slowest;
  for (std::uint32_t line = 1; line <= 1000; ++line) {
    slowest.add(answered(line, std::chrono::microseconds((line * 379) % 1009)));
  }
  const auto operations = slowest.operations();
  BOOST_REQUIRE(operations.size() == Slowest::most);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    BOOST_TEST((operations[i].latency == std::chrono::microseconds((operations[i].line * 379) % 1009)));
    if (i > 0) BOOST_TEST((operations[i].latency < operations[i - 1].latency));
  }
  BOOST_TEST((operations.front().latency == 1008us));
  BOOST_TEST((operations.front().trace == TraceId{0x15555, operations.front().line, 1}));
}

BOOST_AUTO_TEST_CASE(among_equally_slow_ones_the_lowest_lines_are_kept) {
  Slowest slowest;
  for (std::uint32_t line = 50; line > 0; --line) slowest.add(answered(line, 5ms));
  const auto operations = slowest.operations();
  BOOST_REQUIRE(operations.size() == Slowest::most);
  for (std::size_t i = 0; i < operations.size(); ++i) BOOST_TEST(operations[i].line == i + 1);
}

BOOST_AUTO_TEST_CASE(results_without_latency_are_ignored_and_long_identifiers_are_cut_between_characters) {
  Slowest slowest;
  auto never_sent = samples::result(1, Status::invalid);
  never_sent.latency.reset();
  slowest.add(never_sent);
  BOOST_TEST(slowest.operations().empty());
  auto long_id = answered(2, 1ms);
  std::string id = "x";
  while (id.size() < 500) id += "名";
  long_id.id = id;
  slowest.add(long_id);
  BOOST_TEST(slowest.operations().at(0).id == id.substr(0, 79) + "…");
}

BOOST_AUTO_TEST_CASE(latencies_are_sorted_into_ten_bins_for_each_power_of_ten) {
  observe::Histogram latencies;
  for (const auto latency : {1ms, 1ms, 2ms, 9ms, 10ms, 99ms}) latencies.record(latency);
  const auto bins = latency_bins(latencies);
  BOOST_TEST(bins.first == 0);
  BOOST_REQUIRE(bins.counts.size() == 20U);
  BOOST_TEST(bins.counts[0] == 2U);
  BOOST_TEST(bins.counts[3] == 1U);
  BOOST_TEST(bins.counts[9] == 1U);
  BOOST_TEST(bins.counts[10] == 1U);
  BOOST_TEST(bins.counts[19] == 1U);
}

BOOST_AUTO_TEST_CASE(latencies_of_any_length_have_a_bin) {
  BOOST_TEST(latency_bins(observe::Histogram()).counts.empty());
  observe::Histogram latencies;
  for (const Duration latency : {Duration(0), Duration(1), Duration(200us), Duration(24h * 10'000)}) {
    latencies.record(latency);
  }
  const auto bins = latency_bins(latencies);
  BOOST_TEST(bins.first == -30);
  BOOST_TEST(bins.counts.size() < 200U);
  BOOST_TEST(std::accumulate(bins.counts.begin(), bins.counts.end(), std::uint64_t{0}) == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
