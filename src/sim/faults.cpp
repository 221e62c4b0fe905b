#include "sim/faults.hpp"

#include "sim/parameters.hpp"
#include "sim/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace koobatch::sim {
namespace {

/// Parses the first item, which determines the kind. Returns what is wrong; empty if nothing is.
std::string read_kind(const Parameter& item, Fault& fault) {
  const auto found = std::find(fault_names.begin(), fault_names.end(), item.name);
  if (found == fault_names.end()) {
    return fmt::format("unknown kind '{}'; known are status=CODE, {}, date=OFFSET, list=CHANGE", item.name,
                       fmt::join(fault_names.begin() + 1, fault_names.end(), ", "));
  }
  fault.kind = static_cast<FaultKind>(found - fault_names.begin());
  if (fault.kind != FaultKind::status) {
    return item.value ? fmt::format("'{}' takes no value", item.name) : std::string();
  }
  const auto status = parse_number<int>(item.value.value_or(""));
  if (!item.value) return "the HTTP status is missing; write status=503";
  // Other 1xx answers announce a further answer, which would not come.
  if (!status || (*status != 101 && (*status < 200 || *status > 599))) {
    return fmt::format("'{}' is not an HTTP status that an answer can have (101, 200 to 599)", *item.value);
  }
  fault.status = *status;
  return {};
}

std::string read_rate(std::string_view value, Fault& fault) {
  const auto rate = parse_number<double>(value);
  if (!rate || !(*rate >= 0 && *rate <= 1)) return fmt::format("the rate '{}' is not a number from 0 to 1", value);
  fault.rate = *rate;
  return {};
}

std::string read_retry_after(std::string_view value, Fault& fault) {
  if (fault.kind != FaultKind::status) return "only status= faults can have a retry-after";
  const auto delay = parse_number<int>(value);
  if (!delay || *delay < 0) return fmt::format("the retry-after '{}' is not a whole number of seconds", value);
  fault.retry_after = *delay;
  return {};
}

/// Parses an item after the first. `has_rate`: whether a rate has been given so far; updated here.
std::string read_parameter(const Parameter& item, Fault& fault, bool& has_rate) {
  const bool is_rate = item.name == "rate";
  if (!is_rate && item.name != "retry-after") {
    return fmt::format("unknown parameter '{}'; known are rate and retry-after", item.name);
  }
  if (!item.value) return fmt::format("'{}' needs a value", item.name);
  if (is_rate ? has_rate : fault.retry_after.has_value()) return fmt::format("'{}' is given twice", item.name);
  has_rate = has_rate || is_rate;
  return is_rate ? read_rate(*item.value, fault) : read_retry_after(*item.value, fault);
}

}  // namespace

Result<Fault> parse_fault(std::string_view text) {
  Fault fault;
  bool has_rate = false;
  bool first = true;
  ParameterList list(text);
  while (!list.empty()) {
    const Parameter item(list.take());
    const std::string wrong = first ? read_kind(item, fault) : read_parameter(item, fault, has_rate);
    if (!wrong.empty()) return usage_error(wrong);
    first = false;
  }
  if (!has_rate) return usage_error("the rate is missing; write rate=0.05 for one request in twenty");
  return fault;
}

Result<void> check_faults(std::span<const Fault> faults) {
  double sum = 0;
  for (const Fault& fault : faults) sum += fault.rate;
  // A tolerance for sums such as 0.1 + 0.2 + 0.7.
  if (sum <= 1 + 1e-9) return {};
  return usage_error(fmt::format(
      "the rates of the faults add up to {:.4g}; a request is hit by one fault at most, so give at most 1", sum));
}

Faults::Faults(std::vector<Fault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), random_(make_stream(seed, 1)) {}

std::optional<FaultHit> Faults::draw() {
  if (faults_.empty()) return std::nullopt;
  double left = uniform(random_);
  for (const Fault& fault : faults_) {
    if (left < fault.rate) {
      const bool coin = fault.kind == FaultKind::reset && (random_() >> 63U) != 0;
      const bool applies = coin || fault.kind == FaultKind::truncate || fault.kind == FaultKind::garbage ||
                           fault.kind == FaultKind::stall;
      return FaultHit{fault.kind, fault.status, fault.retry_after, applies};
    }
    left -= fault.rate;
  }
  return std::nullopt;
}

Latency::Latency(Duration base, Duration jitter, std::uint64_t seed)
    : base_(base), jitter_(jitter), random_(make_stream(seed, 2)) {}

Duration Latency::draw() {
  if (jitter_ <= Duration::zero()) return base_;
  const auto share = uniform(random_) * static_cast<double>(jitter_.count() + 1);
  return base_ + Duration(static_cast<Duration::rep>(share));
}

}  // namespace koobatch::sim
