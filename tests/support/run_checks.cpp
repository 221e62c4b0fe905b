#include "run_checks.hpp"

#include "over_http2.hpp"

#include "koobatch/core/trace_id.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace koobatch::test {
namespace {

void check_requests(const std::string& path, std::size_t operations) {
  std::map<std::string, std::uint32_t> newest;
  std::set<std::string> traces;
  std::size_t out_of_order = 0;
  const auto log = read_log(path);
  BOOST_TEST(log.size() >= operations);
  for (const auto& request : log) {
    const auto trace = parse_trace_id(request.trace_id);
    BOOST_REQUIRE(trace.has_value());
    traces.insert(request.trace_id);
    auto& line = newest[request.key];
    if (trace->line < line) ++out_of_order;
    line = std::max(line, trace->line);
  }
  BOOST_TEST(out_of_order == 0U);
  BOOST_TEST(traces.size() == log.size(), "every attempt has a trace ID of its own");
}

}  // namespace

void check_results(const std::string& report, std::size_t operations) {
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() == operations);
  std::set<std::uint32_t> seen;
  std::size_t succeeded = 0;
  for (const auto& result : lines.results) {
    seen.insert(result.line);
    if (result.status == "succeeded") {
      ++succeeded;
    } else if (seen.size() - succeeded <= 3) {
      BOOST_TEST_MESSAGE("line " << result.line << " did not succeed: " << result.text);
    }
  }
  BOOST_TEST(seen.size() == operations, "one result each");
  for (const auto& end : lines.end) {
    // Where a kill left nothing to do but to end the report, the last process has sent nothing.
    if (over_http2()) BOOST_TEST((member(end, "http") == "2" || member(end, "requests") == "0"), end);
  }
  BOOST_TEST(succeeded == operations);
}

void check_nothing_lost_doubled_or_reordered(Service& service, const std::string& log, const std::string& report,
                                             const GeneratedJob& job, std::size_t operations) {
  check_results(report, operations);
  BOOST_TEST((read_state(service.get("/_sim/state")) == job.last), "the service holds the last value of every key");
  const auto stats = service.get("/_sim/stats");
  BOOST_TEST(member(stats, "overlapping_keys") == "0");
  BOOST_TEST(member(stats, "duplicate_trace_ids") == "0");
  BOOST_TEST(member(stats, "pipelined") == "0");
  service.stop();
  check_requests(log, operations);
}

}  // namespace koobatch::test
