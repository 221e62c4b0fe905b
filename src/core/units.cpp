#include "koobatch/core/units.hpp"

#include "koobatch/core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace koobatch {
namespace {

using namespace std::chrono_literals;

struct DurationUnit {
  std::string_view name;
  Duration length;
};
constexpr std::array<DurationUnit, 5> duration_units = {{{"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}}};
constexpr Duration longest = 24h * 365;

struct RateUnit {
  std::string_view name;
  double seconds;
};
constexpr std::array<RateUnit, 7> rate_units = {
    {{"s", 1}, {"sec", 1}, {"second", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"hour", 3600}}};

Error bad_duration() {
  return usage_error("not a duration; write for example 200ms, 5s, 1.5s, 10m or 1h30m");
}
Error no_duration_unit() {
  return usage_error("a unit is missing; write for example 200ms, 5s or 10m");
}

/// The digits at the start of `text`, with at most one point among them.
std::string_view leading_number(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return !is_digit(c) && c != '.'; });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string_view leading_letters(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::optional<double> decimal(std::string_view text) {
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.starts_with('-')) return usage_error("must not be negative");
  Duration sum{};
  Duration last_unit = Duration::max();
  bool fraction = false;
  while (!text.empty()) {
    const auto number = leading_number(text);
    const auto value = decimal(number);
    if (!value || fraction) return bad_duration();
    text.remove_prefix(number.size());
    if (text.empty()) return no_duration_unit();
    const auto name = leading_letters(text);
    const auto unit = std::find_if(duration_units.begin(), duration_units.end(),
                                   [&](const DurationUnit& u) { return u.name == name; });
    if (unit == duration_units.end() || unit->length >= last_unit) return bad_duration();
    text.remove_prefix(name.size());
    const double length = *value * static_cast<double>(unit->length.count());
    if (length > static_cast<double>(longest.count())) return usage_error("longer than a year");
    sum += Duration(static_cast<Duration::rep>(length + 0.5));
    if (sum > longest) return usage_error("longer than a year");
    last_unit = unit->length;
    fraction = number.find('.') != std::string_view::npos;
  }
  if (last_unit == Duration::max()) return bad_duration();
  return sum;
}

Result<double> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  const auto value = decimal(text.substr(0, slash));
  if (!value) return usage_error("not a rate; write for example 500/s, 60/min or 1000/h");
  if (slash == std::string_view::npos) return usage_error("a unit is missing; write for example 500/s or 60/min");
  const auto name = text.substr(slash + 1);
  const auto unit =
      std::find_if(rate_units.begin(), rate_units.end(), [&](const RateUnit& u) { return u.name == name; });
  if (unit == rate_units.end()) return usage_error("the unit must be s, min or h; write for example 500/s or 60/min");
  const double rate = *value / unit->seconds;
  if (!(rate > 0)) return usage_error("must be more than 0");
  if (rate > highest_rate) return usage_error("more than 1,000,000,000 a second");
  if (rate < lowest_rate) return usage_error("less than one a day");
  return rate;
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t min, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
    return usage_error(fmt::format("must be a whole number from {} to {}", min, max));
  }
  return value;
}

std::string format_duration(Duration d) {
  using namespace std::chrono;
  d = std::max(d, Duration::zero());
  if (d < 1s) return fmt::format("{}ms", floor<milliseconds>(d).count());
  if (d < 10s) {
    const auto tenths = floor<milliseconds>(d).count() / 100;
    return fmt::format("{}.{}s", tenths / 10, tenths % 10);
  }
  const auto s = floor<std::chrono::seconds>(d).count();
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  if (s < 24 * 3600) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{:02}h", s / (24 * 3600), s / 3600 % 24);
}

std::string format_rate(double rate) {
  constexpr double better_by_the_hour = 0.01;
  if (rate >= 100) return format_count(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
  const bool slow = rate > 0 && rate < better_by_the_hour;
  return slow ? fmt::format("{:.3g}/h", rate * 3600) : fmt::format("{:.3g}/s", rate);
}

std::string format_count(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string count_of(std::uint64_t n, std::string_view noun) {
  return format_count(n).append(" ").append(noun).append(n == 1 ? "" : "s");
}

}  // namespace koobatch
