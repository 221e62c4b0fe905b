#include "pace/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace koobatch::pace_bench {
namespace {

using Shape = QuotaSpec::Shape;
using RetryAfter = QuotaSpec::RetryAfter;

/// A service with this quota, and a job that takes at least `length` seconds.
Row quota_row(std::string name, const QuotaSpec& quota, double length, double latency = 0.001) {
  Row row{.family = "quota", .name = std::move(name)};
  row.spec.quota = quota;
  row.spec.work.latency = latency;
  const double users = std::max(1U, quota.users);
  row.jobs[0].operations = static_cast<std::uint64_t>(std::round(quota.rate.at(0) * users * length));
  row.jobs[0].users = std::max(1U, quota.users);
  return row;
}

QuotaSpec quota(Shape shape, double rate, double burst = 0) {
  return {.shape = shape, .rate = rate, .burst = burst};
}

/// A search costs at least one refusal, and every answer that tells a quota of 5 a second from a much larger one is a
/// refusal, too.
void bound_small_quota(Row& row) {
  const double rate = row.spec.quota.rate.at(0);
  row.bound = Bound{row.goals, "two refusals tell it from a larger one, a third that it has not risen"};
  row.bound->goals.early = 2 / rate;
  row.bound->goals.late = 1 / (17 * rate);
}

/// A pause of `wait` seconds after each refusal: the first does not tell how large the quota is, only the second does.
void bound_pauses(Row& row, double wait, double length) {
  row.bound = Bound{row.goals, fmt::format("two refusals, each of which costs everybody {} s", wait)};
  const double lost = (wait - 3) + wait;
  row.bound->goals.utilisation = std::max(0.0, 1 - lost / (length - 3));
  row.bound->goals.slack = *row.goals.slack + 2 * wait;
}

/// Each shape at each rate, without a declared quota.
void add_shapes(std::vector<Row>& rows) {
  struct Named {
    const char* name;
    Shape shape;
    double burst;
  };
  constexpr Named shapes[] = {{"clock", Shape::clock_window, 0},
                              {"sliding", Shape::sliding_window, 0},
                              {"bucket-0", Shape::bucket, 0},
                              {"bucket-0.1", Shape::bucket, 0.1},
                              {"bucket-1", Shape::bucket, 1}};
  for (const Named& shape : shapes) {
    for (const double rate : {5.0, 50.0, 300.0, 3000.0, 30000.0}) {
      const double length = rate > 10000 ? 6 : rate > 1000 ? 12 : 20;
      const double latency = rate > 10000 ? 0.0003 : 0.001;
      rows.push_back(
          quota_row(fmt::format("{}-{}", shape.name, rate), quota(shape.shape, rate, shape.burst), length, latency));
      if (rate < 10) bound_small_quota(rows.back());
    }
  }
}

/// Variants of how a service refuses, and what it says then.
void add_answers(std::vector<Row>& rows) {
  for (const Shape shape : {Shape::clock_window, Shape::bucket}) {
    QuotaSpec it = quota(shape, 300, 0.1);
    it.http = 503;
    const char* name = shape == Shape::bucket ? "bucket-0.1" : "clock";
    rows.push_back(quota_row(fmt::format("{}-300-as-503", name), it, 20));
    it.rate = 50;
    rows.push_back(quota_row(fmt::format("{}-50-as-503", name), it, 20));
    it.tells = RetryAfter::constant;
    it.retry_after = 1;
    rows.push_back(quota_row(fmt::format("{}-50-as-503-retry-after-1", name), it, 20));
  }
  for (const double window : {1.0, 5.0, 60.0}) {
    for (const bool told : {false, true}) {
      if (!told && window == 1) continue;
      QuotaSpec it = quota(Shape::clock_window, 50);
      it.window = window;
      if (told) it.tells = RetryAfter::until_reset;
      rows.push_back(
          quota_row(fmt::format("clock-50-window-{}{}", window, told ? "-told" : ""), it, window > 10 ? 300 : 40));
    }
  }
  for (const double wait : {1.0, 5.0, 60.0}) {
    QuotaSpec it = quota(Shape::bucket, 300, 0.1);
    it.tells = RetryAfter::constant;
    it.retry_after = wait;
    const double length = wait > 10 ? 120 : 30;
    rows.push_back(quota_row(fmt::format("bucket-0.1-300-retry-after-{}", wait), it, length));
    // Two pauses of a second are over by second 3.
    if (wait > 1) bound_pauses(rows.back(), wait, length);
  }
}

void add_users(std::vector<Row>& rows) {
  struct Case {
    unsigned users;
    double rate;
  };
  for (const Case& it : {Case{1, 50}, Case{10, 20}, Case{1000, 2}}) {
    for (const Shape shape : {Shape::clock_window, Shape::sliding_window, Shape::bucket}) {
      QuotaSpec each = quota(shape, it.rate, 0.1);
      each.users = it.users;
      const char* name = shape == Shape::clock_window ? "clock" : shape == Shape::bucket ? "bucket-0.1" : "sliding";
      rows.push_back(quota_row(fmt::format("users-{}-{}-{}", it.users, name, it.rate), each, 20));
      if (it.rate > 2) continue;
      Row& row = rows.back();
      row.bound =
          Bound{row.goals, "each user's quota is known by a refusal of its own, and that it has not risen by another"};
      row.bound->goals.early = 1 / it.rate;
      row.bound->goals.late = 1 / (17 * it.rate);
    }
  }
}

void add_latencies(std::vector<Row>& rows) {
  for (const double latency : {0.0003, 0.01, 0.04}) {
    rows.push_back(
        quota_row(fmt::format("clock-300-latency-{}ms", latency * 1000), quota(Shape::clock_window, 300), 20, latency));
  }
  rows.push_back(quota_row("sliding-300-latency-40ms", quota(Shape::sliding_window, 300), 20, 0.04));
}

}  // namespace

void add_quota_rows(std::vector<Row>& rows) {
  add_shapes(rows);
  add_answers(rows);
  add_users(rows);
  add_latencies(rows);
}

void add_concurrency_rows(std::vector<Row>& rows) {
  for (const unsigned most : {2U, 8U, 64U}) {
    for (const int milliseconds : {1, 20, 200}) {
      Row row{.family = "concurrency", .name = fmt::format("in-flight-{}-latency-{}ms", most, milliseconds)};
      row.spec.work.latency = milliseconds / 1000.0;
      row.spec.work.most_in_flight = most;
      row.jobs[0].connections = most > 16 ? 100 : 16;
      const double rate = most / row.spec.work.latency;
      row.jobs[0].operations = static_cast<std::uint64_t>(rate * (rate > 10000 ? 6 : rate > 1000 ? 12 : 20));
      rows.push_back(row);
    }
  }
  for (const double rate : {500.0, 20.0}) {
    for (const unsigned connections : {16U, 64U}) {
      Row row{.family = "queue", .name = fmt::format("queue-{}-connections-{}", rate, connections)};
      row.spec.work.queue_rate = rate;
      row.spec.work.latency = 0.005;
      row.jobs[0].connections = connections;
      row.jobs[0].operations = static_cast<std::uint64_t>(rate * 20);
      rows.push_back(row);
    }
  }
}

}  // namespace koobatch::pace_bench
