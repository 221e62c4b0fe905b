#include "koobatch/sim/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace koobatch::sim {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// "name=value" cut in two; no value: there was no '='.
struct Item {
  std::string_view name;
  std::optional<std::string_view> value;

  explicit Item(std::string_view text) : name(text.substr(0, text.find('='))) {
    if (name.size() < text.size()) value = text.substr(name.size() + 1);
  }
};

/// Reads the first item, which says the kind. Returns what is wrong, empty if nothing is.
std::string read_kind(const Item& item, Fault& fault) {
  const auto found = std::find(fault_names.begin(), fault_names.end(), item.name);
  if (found == fault_names.end()) {
    return fmt::format("unknown kind '{}'; known are status=CODE, {}", item.name,
                       fmt::join(fault_names.begin() + 1, fault_names.end(), ", "));
  }
  fault.kind = static_cast<FaultKind>(found - fault_names.begin());
  if (fault.kind != FaultKind::status) {
    return item.value ? fmt::format("'{}' takes no value", item.name) : std::string();
  }
  const auto status = parse_number<int>(item.value.value_or(""));
  if (!item.value) return "the HTTP status is missing; write status=503";
  // Other 1xx answers announce a further one, which will not come.
  if (!status || (*status != 101 && (*status < 200 || *status > 599))) {
    return fmt::format("'{}' is no HTTP status an answer can have (101, 200 to 599)", *item.value);
  }
  fault.status = *status;
  return {};
}

std::string read_rate(std::string_view value, Fault& fault) {
  const auto rate = parse_number<double>(value);
  if (!rate || !(*rate >= 0 && *rate <= 1)) return fmt::format("the rate '{}' is no number from 0 to 1", value);
  fault.rate = *rate;
  return {};
}

std::string read_retry_after(std::string_view value, Fault& fault) {
  if (fault.kind != FaultKind::status) return "only status= faults can have a retry-after";
  const auto delay = parse_number<int>(value);
  if (!delay || *delay < 0) return fmt::format("the retry-after '{}' is no whole number of seconds", value);
  fault.retry_after = *delay;
  return {};
}

/// Reads an item after the first. `has_rate` says whether there was a rate already, and afterwards whether there is
/// one.
std::string read_parameter(const Item& item, Fault& fault, bool& has_rate) {
  const bool is_rate = item.name == "rate";
  if (!is_rate && item.name != "retry-after") {
    return fmt::format("unknown parameter '{}'; known are rate and retry-after", item.name);
  }
  if (!item.value) return fmt::format("'{}' needs a value", item.name);
  if (is_rate ? has_rate : fault.retry_after.has_value()) return fmt::format("'{}' is given twice", item.name);
  has_rate = has_rate || is_rate;
  return is_rate ? read_rate(*item.value, fault) : read_retry_after(*item.value, fault);
}

/// Uniform in [0, 1), the same on every platform, which std::uniform_real_distribution does not promise.
double uniform(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

/// Streams of random numbers that share a seed but have nothing in common.
std::mt19937_64 make_stream(std::uint64_t seed, std::uint32_t stream) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U), stream};
  return std::mt19937_64(sequence);
}

}  // namespace

Result<Fault> parse_fault(std::string_view text) {
  Fault fault;
  bool has_rate = false;
  std::string_view rest = text;
  for (bool first = true;; first = false) {
    const Item item(rest.substr(0, rest.find(',')));
    const std::string wrong = first ? read_kind(item, fault) : read_parameter(item, fault, has_rate);
    if (!wrong.empty()) return usage_error(wrong);
    const auto comma = rest.find(',');
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
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
