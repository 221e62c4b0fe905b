#include "pace/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace koobatch::pace_bench {
namespace {

using Shape = QuotaSpec::Shape;

constexpr int reset = 0;

std::string named(int http) {
  return http == reset ? "reset" : fmt::format("{}", http);
}

Row noise_row(const char* where, double share, int http, const QuotaSpec& quota) {
  Row row{.family = "noise", .name = fmt::format("{}-{}%-{}", where, std::round(share * 100), named(http))};
  row.spec.quota = quota;
  row.spec.noise = {.share = share, .http = http};
  const bool limited = quota.shape != Shape::none;
  row.spec.work.latency = limited ? 0.001 : 0.01;
  const double rate = limited ? quota.rate.at(0) : 1600;
  row.jobs[0].operations = static_cast<std::uint64_t>(rate * (1 - share) * 15);
  row.goals.utilisation = 0.93;
  return row;
}

/// A service without a quota; its connections allow 320 requests a second.
Row unlimited_row(std::string family, std::string name) {
  Row row{.family = std::move(family), .name = std::move(name)};
  row.spec.work.latency = 0.05;
  row.jobs[0].operations = 6000;
  return row;
}

void add_outage(std::vector<Row>& rows, double length, OutageSpec::Kind kind, int http, const char* when) {
  using Kind = OutageSpec::Kind;
  const char* name = kind == Kind::silence   ? "silence"
                     : kind == Kind::refused ? "refused"
                     : http == 500           ? "500"
                                             : "503";
  Row row = unlimited_row("outage", fmt::format("{}s-{}-{}", length, name, when));
  const bool twice = std::string_view(when) == "twice";
  // The time until the next probe, and until silence is noticed.
  double wait = std::max(2.0, length / 30);
  if (kind == Kind::silence) wait += seconds(answer_timeout);
  const double first = std::string_view(when) == "start" ? 0 : 8;
  row.spec.outages.push_back({kind, first, first + length, http});
  if (twice) {
    // By then, the end of the first outage has been noticed.
    const double second = first + length + wait + 10;
    row.spec.outages.push_back({kind, second, second + length, http});
    row.jobs[0].operations += static_cast<std::uint64_t>(320 * wait);
  }
  for (const OutageSpec& outage : row.spec.outages) row.changes.push_back({outage.to, true});
  row.goals = {.utilisation = {}, .slack = 2 + wait * (twice ? 2 : 1), .waste = false, .back_up = wait + 2};
  // The requests in flight, those by which the outage is noticed, one every two seconds, and later at growing
  // intervals.
  row.goals.probes = 16 + 10 + std::min(length, 60.0) / 2 + 30 * std::log(std::max(1.0, length / 60));
  rows.push_back(row);
}

Row change_row(std::string name, const RateCurve& rate, double operations, std::vector<Change> changes) {
  Row row{.family = "change", .name = std::move(name)};
  row.spec.quota = {.shape = Shape::clock_window, .rate = rate};
  row.any_phase = false;
  row.jobs[0].operations = static_cast<std::uint64_t>(operations);
  row.changes = std::move(changes);
  return row;
}

}  // namespace

void add_noise_rows(std::vector<Row>& rows) {
  for (const int http : {500, 503, 502, reset}) {
    for (const double share : {0.01, 0.05, 0.12, 0.3, 0.5}) rows.push_back(noise_row("alone", share, http, {}));
  }
  for (const int http : {500, 503, reset}) {
    for (const double share : {0.01, 0.12, 0.3}) {
      rows.push_back(noise_row("clock-300", share, http, {.shape = Shape::clock_window, .rate = 300}));
    }
  }
  for (const double share : {0.05, 0.5}) {
    rows.push_back(noise_row("bucket-0.1-300", share, 503, {.shape = Shape::bucket, .rate = 300, .burst = 0.1}));
    QuotaSpec alike{.shape = Shape::bucket, .rate = 300, .burst = 0.1, .http = 503};
    rows.push_back(noise_row("bucket-0.1-300-as-503", share, 503, alike));
    // Each search of the limit, one in four seconds, costs so many refusals until they stand out from the noise.
    Row& row = rows.back();
    const double late = 16 * share * (1 - share) / 0.1 / (4 * 300 * (1 - share));
    if (late < row.goals.late) continue;
    row.bound = Bound{row.goals, "refusals must stand out from the noise"};
    row.bound->goals.late = late;
  }
}

void add_change_rows(std::vector<Row>& rows) {
  rows.push_back(change_row("up-x2", RateCurve(300).step(8, 600), 300 * 8 + 600 * 22, {{8, true}}));
  rows.push_back(change_row("down-x4", RateCurve(600).step(8, 150), 600 * 8 + 150 * 20, {{8, false}}));
  rows.push_back(change_row("ramp-up", RateCurve(100).ramp(4, 24, 600), 100 * 4 + 350 * 20 + 600 * 6, {}));
  rows.push_back(change_row("ramp-down", RateCurve(600).ramp(4, 24, 100), 600 * 4 + 350 * 20 + 100 * 6, {}));
  rows.push_back(change_row("on-off", RateCurve(300).step(10, 3000).step(20, 300).step(30, 3000),
                            300 * 10 + 3000 * 10 + 300 * 10 + 3000 * 10, {{10, true}, {20, false}, {30, true}}));
  rows.push_back(change_row("open-shut", RateCurve(300).step(10, 0).step(20, 300).step(30, 0).step(40, 300), 300 * 30,
                            {{20, true}, {40, true}}));
  for (const bool up : {false, true}) {
    Row row = change_row(up ? "paused-up-x2" : "paused-down-x4", RateCurve(300).step(12, up ? 600 : 75),
                         300 * 8 + (up ? 600 : 75) * 20, {{16, up}});
    row.jobs[0].pause_from = 8;
    row.jobs[0].pause_to = 16;
    rows.push_back(row);
  }
}

void add_outage_rows(std::vector<Row>& rows) {
  using Kind = OutageSpec::Kind;
  for (const double length : {5.0, 60.0, 1200.0}) {
    for (const auto& [kind, http] : {std::pair(Kind::silence, 0), std::pair(Kind::status, 500),
                                     std::pair(Kind::status, 503), std::pair(Kind::refused, 0)}) {
      for (const char* when : {"start", "middle", "twice"}) add_outage(rows, length, kind, http, when);
    }
  }
}

void add_company_rows(std::vector<Row>& rows) {
  for (const Shape shape : {Shape::clock_window, Shape::bucket}) {
    for (const unsigned count : {2U, 5U}) {
      const char* name = shape == Shape::bucket ? "bucket-0.1" : "clock";
      Row row{.family = "company", .name = fmt::format("{}-runs-{}-300", count, name)};
      row.spec.quota = {.shape = shape, .rate = 300, .burst = 0.1};
      row.jobs.assign(count, {.operations = 12'000 / count});
      for (unsigned i = 0; i < count; ++i) row.jobs[i].start = 2.0 * i;
      row.goals = {.utilisation = 0.93, .fairness = 0.6};
      if (shape == Shape::clock_window) {
        row.bound = Bound{row.goals, "what is relative to the rate keeps the ratio of two rates (Chiu and Jain)"};
        row.bound->goals.slack.reset();
        row.bound->goals.fairness.reset();
      }
      rows.push_back(row);
    }
  }
}

}  // namespace koobatch::pace_bench
