#include "pace/row.hpp"

#include <fmt/format.h>

namespace koobatch::pace_bench {
namespace {

/// A limit of `rate` requests a second, as `http_req_rate(window) gt N` in HAProxy.
Row counted_row(std::string name, const RateCurve& rate, double operations, double window = 1) {
  Row row{.family = "haproxy", .name = std::move(name)};
  row.spec.quota = {.shape = QuotaSpec::Shape::counter, .rate = rate, .window = window};
  row.jobs[0].operations = static_cast<std::uint64_t>(operations);
  return row;
}

}  // namespace

void add_haproxy_rows(std::vector<Row>& rows) {
  for (const double rate : {5.0, 50.0, 300.0, 3000.0, 30000.0}) {
    rows.push_back(counted_row(fmt::format("counter-{}", rate), rate,
                               rate * (rate > 10000  ? 6
                                       : rate > 1000 ? 12
                                                     : 20)));
    if (rate > 10000) rows.back().spec.work.latency = 0.0003;
  }
  for (const double latency : {0.02, 0.2}) {
    rows.push_back(counted_row(fmt::format("counter-300-latency-{}ms", latency * 1000), 300, 6000));
    rows.back().spec.work.latency = latency;
    rows.back().jobs[0].connections = latency > 0.1 ? 128 : 16;
  }
  rows.push_back(counted_row("counter-10-window-10", 10, 400, 10));
  rows.push_back(counted_row("counter-300-window-10", 300, 12'000, 10));
  rows.push_back(counted_row("counter-300-503", 300, 6000));
  rows.back().spec.quota.http = 503;
  rows.push_back(counted_row("counter-300-noise-5%-503", 300, 5700));
  rows.back().spec.noise = {.share = 0.05, .http = 503};
  rows.back().goals.utilisation = 0.93;
  rows.push_back(counted_row("counter-300-600", RateCurve(300).step(8, 600), 300 * 8 + 600 * 22));
  rows.back().changes = {{8, true}};
  rows.push_back(counted_row("counter-600-150", RateCurve(600).step(8, 150), 600 * 8 + 150 * 20));
  rows.back().changes = {{8, false}};
  rows.push_back(counted_row("counter-300-two-runs", 300, 3000));
  rows.back().jobs.assign(2, rows.back().jobs[0]);
  rows.back().jobs[1].start = 2;
  rows.back().goals = {.utilisation = 0.93, .fairness = 0.6};
  rows.back().bound = Bound{{.utilisation = 0.93, .slack = {}}, "refused together, two rates keep their ratio"};
}

}  // namespace koobatch::pace_bench
