#include "sim/node_clocks.hpp"

#include "koobatch/core/units.hpp"
#include "sim/random.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace koobatch::sim {
namespace {

constexpr std::string_view prefix = "date=";

/// Parses "+2s", "-1h30m", "none" or "garbage". Returns what is wrong; empty if nothing is.
std::string read_date(std::string_view value, ClockFault& fault) {
  if (value == "none" || value == "garbage") {
    fault.date = value == "none" ? ClockFault::Date::none : ClockFault::Date::garbage;
    return {};
  }
  if (value.empty() || (value[0] != '+' && value[0] != '-')) {
    return fmt::format("the date '{}' is neither an offset such as +2s or -5m, nor 'none' or 'garbage'", value);
  }
  const auto offset = parse_duration(value.substr(1));
  if (!offset) return fmt::format("the date '{}' {}", value, offset.error().message);
  fault.offset = value[0] == '-' ? -*offset : *offset;
  return {};
}

std::string read_rate(std::string_view value, std::optional<double>& rate) {
  double read = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, read);
  if (rate) return "'rate' is given twice";
  if (error != std::errc{} || stop != end || !(read >= 0 && read <= 1)) {
    return fmt::format("the rate '{}' is not a number from 0 to 1", value);
  }
  rate = read;
  return {};
}

std::string read_parameter(std::string_view item, ClockFault& fault, std::optional<double>& rate) {
  if (item.starts_with("rate=")) return read_rate(item.substr(5), rate);
  if (item == "per=answer" || item == "per=connection") {
    fault.per_connection = item == "per=connection";
  } else if (item == "judge=service" || item == "judge=node") {
    fault.judges = item == "judge=node";
  } else {
    return fmt::format("unknown parameter '{}'; known are rate=, per=answer, per=connection, judge=service, judge=node",
                       item);
  }
  return {};
}

}  // namespace

bool is_clock_fault(std::string_view text) {
  return text.starts_with(prefix);
}

Result<ClockFault> parse_clock_fault(std::string_view text) {
  ClockFault fault;
  std::optional<double> rate;
  text.remove_prefix(prefix.size());
  std::size_t comma = text.find(',');
  std::string wrong = read_date(text.substr(0, comma), fault);
  while (wrong.empty() && comma != std::string_view::npos) {
    text.remove_prefix(comma + 1);
    comma = text.find(',');
    wrong = read_parameter(text.substr(0, comma), fault, rate);
  }
  if (!wrong.empty()) return usage_error(wrong);
  if (!rate) return usage_error("the rate is missing; write rate=0.1 for one answer in ten");
  fault.rate = *rate;
  return fault;
}

Result<void> check_clock_faults(std::span<const ClockFault> faults) {
  double sum = 0;
  for (const ClockFault& fault : faults) sum += fault.rate;
  if (sum <= 1 + 1e-9) return {};
  return usage_error(
      fmt::format("the rates of the date= faults add up to {:.4g}; an answer has one date, so give at most 1", sum));
}

NodeClocks::NodeClocks(std::vector<ClockFault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), random_(make_stream(seed, 3)) {}

NodeClock NodeClocks::draw(std::optional<NodeClock>& connection) {
  if (!connection) connection = draw(true).value_or(NodeClock{});
  return draw(false).value_or(*connection);
}

/// Draws from the faults of one kind; nothing: the clock is right.
std::optional<NodeClock> NodeClocks::draw(bool per_connection) {
  double left = uniform(random_);
  for (const ClockFault& fault : faults_) {
    if (fault.per_connection != per_connection) continue;
    if (left < fault.rate) return NodeClock{fault.date, fault.offset, fault.judges ? fault.offset : Duration::zero()};
    left -= fault.rate;
  }
  return std::nullopt;
}

}  // namespace koobatch::sim
