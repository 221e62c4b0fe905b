#include "pace/declared.hpp"
#include "pace/row.hpp"

#include <fmt/format.h>

namespace koobatch::pace_bench {
namespace {

using Shape = QuotaSpec::Shape;
using Form = DeclarationSpec::Form;

/// Like the real simulator: 0.3 ms, and 300 requests per second of the clock unless changed.
Row field_row(std::string name, std::uint64_t operations) {
  Row row{.family = "field", .name = std::move(name)};
  row.spec.quota = {.shape = Shape::clock_window, .rate = 300};
  row.spec.work.latency = 0.0003;
  row.jobs[0].operations = operations;
  return row;
}

void add_limits(std::vector<Row>& rows) {
  rows.push_back(field_row("window-300", 4500));
  rows.push_back(field_row("window-300-short", 3000));
  if (can_declare()) {
    rows.push_back(field_row("window-300-declared", 3000));
    rows.back().spec.declaration.form = Form::all;
  }
  Row noisy = field_row("window-300-noise-12%", 5280);
  noisy.spec.noise = {.share = 0.12, .http = 503};
  noisy.goals.utilisation = 0.93;
  rows.push_back(noisy);
  Row changing = field_row("window-300-600-150", 6000);
  changing.spec.quota.rate = RateCurve(300).step(5, 600).step(12, 150);
  changing.any_phase = false;
  changing.changes = {{5, true}, {12, false}};
  rows.push_back(changing);
  Row shared = field_row("two-runs-300", 3000);
  shared.jobs.assign(2, shared.jobs[0]);
  shared.goals = {.utilisation = 0.93, .fairness = 0.6};
  rows.push_back(shared);
  Row as_503 = field_row("limit-100-as-503", 1500);
  as_503.spec.quota = {.shape = Shape::bucket, .rate = 100, .burst = 0.05, .http = 503};
  rows.push_back(as_503);
}

void add_faults(std::vector<Row>& rows) {
  Row failing = field_row("no-limit-noise-30%", 6000);
  failing.spec.quota = {};
  failing.spec.work.latency = 0.0036;
  failing.spec.noise = {.share = 0.3, .http = 500};
  failing.goals.utilisation = 0.93;
  rows.push_back(failing);
  Row throttled = field_row("bucket-300-noise-10%", 6000);
  throttled.spec.quota = {.shape = Shape::bucket, .rate = 300, .burst = 0.1};
  throttled.spec.noise = {.share = 0.1, .http = 503};
  throttled.goals.utilisation = 0.93;
  rows.push_back(throttled);
  Row balancer = field_row("all-503-for-12s-rate-500", 5000);
  balancer.spec.quota = {};
  balancer.spec.outages = {{OutageSpec::Kind::status, 3, 15, 503}};
  balancer.changes = {{15, true}};
  balancer.jobs[0].rate = 500;
  balancer.goals.probes = 16 + 10 + 6;
  balancer.goals.slack = 4;
  // What `probes` leaves for the outage is one every two seconds, and 7 s of work remain from second 3 on.
  balancer.bound = Bound{balancer.goals, "a probe every two seconds"};
  balancer.bound->goals.utilisation = 1 - 2.0 / 7;
  rows.push_back(balancer);
}

/// Services that accept nothing from some point on.
void add_ends(std::vector<Row>& rows) {
  for (const int http : {429, 503}) {
    Row shut = field_row(fmt::format("all-{}-from-the-start", http), 20'000);
    shut.spec.quota.total = 0;
    shut.spec.quota.http = http;
    shut.patience = 10;
    shut.goals = {.utilisation = {}, .slack = {}, .waste = false, .refused = 32};
    rows.push_back(shut);
  }
  Row used_up = field_row("used-up-after-2000", 20'000);
  used_up.spec.quota = {.total = 2000};
  used_up.patience = 10;
  used_up.goals = {.utilisation = {}, .slack = {}, .waste = false, .refused = 32};
  rows.push_back(used_up);
}

/// Quotas that are so small that finding them out costs a good part of them.
void add_small_declared_rows(std::vector<Row>& rows) {
  for (const double rate : {5.0, 50.0}) {
    Row row{.family = "declared", .name = fmt::format("clock-{}-all-true", rate)};
    row.spec.quota = {.shape = Shape::clock_window, .rate = rate};
    row.spec.declaration = {Form::all, 1};
    row.jobs[0].operations = static_cast<std::uint64_t>(rate * 20);
    rows.push_back(row);
  }
  Row users{.family = "declared", .name = "users-10-clock-20-all-true"};
  users.spec.quota = {.shape = Shape::clock_window, .rate = 20, .users = 10};
  users.spec.declaration = {Form::all, 1};
  users.jobs[0].users = 10;
  users.jobs[0].operations = 4000;
  rows.push_back(users);
}

}  // namespace

void add_field_rows(std::vector<Row>& rows) {
  add_limits(rows);
  add_faults(rows);
  add_ends(rows);
}

void add_declared_rows(std::vector<Row>& rows) {
  if (!can_declare()) return;
  struct Named {
    const char* name;
    Form form;
  };
  struct Factor {
    const char* name;
    double factor;
  };
  for (const Shape shape : {Shape::clock_window, Shape::bucket}) {
    for (const Named& form : {Named{"limit", Form::limit}, {"remaining", Form::remaining}, {"all", Form::all}}) {
      for (const Factor& factor : {Factor{"true", 1}, {"half", 0.5}, {"double", 2}, {"absurd", 1e6}, {"tiny", 0.001}}) {
        const char* where = shape == Shape::bucket ? "bucket-0.1" : "clock";
        Row row{.family = "declared", .name = fmt::format("{}-300-{}-{}", where, form.name, factor.name)};
        row.spec.quota = {.shape = shape, .rate = 300, .burst = 0.1};
        row.spec.declaration = {form.form, factor.factor};
        row.jobs[0].operations = 4500;
        rows.push_back(row);
      }
    }
  }
  add_small_declared_rows(rows);
}

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  add_field_rows(rows);
  add_quota_rows(rows);
  add_concurrency_rows(rows);
  add_noise_rows(rows);
  add_change_rows(rows);
  add_outage_rows(rows);
  add_company_rows(rows);
  add_haproxy_rows(rows);
  add_declared_rows(rows);
  return rows;
}

}  // namespace koobatch::pace_bench
