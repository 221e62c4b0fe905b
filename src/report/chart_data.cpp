#include "koobatch/core/json.hpp"
#include "koobatch/report/page.hpp"
#include "report/latency_bins.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace koobatch::report {
namespace {

constexpr std::array<std::string_view, 3> repeat_names = {"throttled", "refused", "silent"};

struct Percentile {
  std::string_view name;
  double fraction;
};
constexpr std::array<Percentile, 3> percentiles = {{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}};

double milliseconds(Duration d) {
  return seconds(d) * 1000;
}

/// Appends an array, with `append(out, item)` for each item.
template <class Items, class Append>
void append_array(std::string& out, const Items& items, Append append) {
  out.push_back('[');
  bool first = true;
  for (const auto& item : items) {
    if (!first) out.push_back(',');
    first = false;
    append(out, item);
  }
  out.push_back(']');
}

void append_number(std::string& out, std::uint64_t number) {
  out.append(fmt::format_int(number).str());
}

/// Appends a member for each of `names` whose counts are not all zero.
template <std::size_t N>
void append_counts_over_time(std::string& out, const std::vector<Timeline::Bucket>& buckets,
                             const std::array<std::string_view, N>& names,
                             std::array<std::uint64_t, N> Timeline::Bucket::* counts) {
  JsonWriter json(out);
  for (std::size_t i = 0; i < N; ++i) {
    std::uint64_t sum = 0;
    for (const auto& bucket : buckets) sum += (bucket.*counts)[i];
    if (sum == 0) continue;
    append_array(json.key(names[i]), buckets, [&](auto& to, const auto& b) { append_number(to, (b.*counts)[i]); });
  }
  json.end();
}

void append_latency_over_time(std::string& out, const std::vector<Timeline::Bucket>& buckets) {
  JsonWriter json(out);
  for (const auto& [name, fraction] : percentiles) {
    append_array(json.key(name), buckets, [f = fraction](std::string& to, const Timeline::Bucket& bucket) {
      if (!bucket.latencies) {
        to.append("null");
      } else {
        fmt::format_to(std::back_inserter(to), "{:.4g}", milliseconds(bucket.latencies->percentile(f)));
      }
    });
  }
  json.end();
}

void append_distribution(std::string& out, const observe::Histogram& latencies) {
  const auto bins = latency_bins(latencies);
  JsonWriter json(out);
  json.add("first", bins.first);
  append_array(json.key("counts"), bins.counts, append_number);
  for (const auto& [name, fraction] : percentiles) json.add(name, milliseconds(latencies.percentile(fraction)), 4);
  json.end();
}

/// A script element ends at the first "</script", whatever surrounds it; without "<" there is none.
std::string for_script(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out.append("\\u003c");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string chart_data(const Details& details) {
  const auto& timeline = details.timeline();
  std::string out;
  JsonWriter json(out);
  json.add("width_ms", timeline.width().count()).add("length_ms", timeline.length().count());
  append_array(json.key("segments_ms"), timeline.segments(), [](std::string& to, Timeline::Time start) {
    append_number(to, static_cast<std::uint64_t>(start.count()));
  });
  append_array(json.key("limits"), timeline.limits(), [](std::string& to, const Timeline::Limit& limit) {
    fmt::format_to(std::back_inserter(to), "[{},{:.6g}]", limit.at.count(), limit.limit);
  });
  append_counts_over_time(json.key("finished"), timeline.buckets(), status_names, &Timeline::Bucket::finished);
  append_counts_over_time(json.key("repeated"), timeline.buckets(), repeat_names, &Timeline::Bucket::repeated);
  append_latency_over_time(json.key("latency"), timeline.buckets());
  append_distribution(json.key("distribution"), details.latencies());
  json.end();
  return for_script(out);
}

}  // namespace koobatch::report
