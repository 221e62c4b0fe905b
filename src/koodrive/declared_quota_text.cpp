#include "koodrive/declared_quota_text.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/trimmed.hpp"
#include "koobatch/http/date.hpp"
#include "koodrive/delay.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace koobatch::koodrive {
namespace {

using std::chrono::seconds;

constexpr seconds max_seconds = std::chrono::floor<seconds>(DeclaredQuota::max_time);
/// Numbers this large are times: as durations they would be decades.
constexpr seconds first_epoch{1'000'000'000};
/// Times this large are in milliseconds: in seconds they would be millennia away.
constexpr seconds first_epoch_in_ms{100'000'000'000};
constexpr seconds last_epoch{10'000'000'000'000};

struct Unit {
  std::string_view name;
  seconds length;
};

constexpr std::array<Unit, 4> units = {{
    {"second", seconds(1)},
    {"minute", std::chrono::minutes(1)},
    {"hour", std::chrono::hours(1)},
    {"day", std::chrono::hours(24)},
}};

std::optional<seconds> unit_named(std::string_view name) {
  if (name.empty()) return seconds(1);
  for (const Unit& unit : units) {
    const bool plural = name.size() == unit.name.size() + 1 && lower(name.back()) == 's';
    if (equal_ignoring_case(plural ? name.substr(0, unit.name.size()) : name, unit.name)) return unit.length;
  }
  return std::nullopt;
}

Duration until(seconds epoch, WallTime now) {
  const auto since = std::chrono::floor<seconds>(now.time_since_epoch());
  return std::clamp(epoch - since, seconds(0), max_seconds);
}

}  // namespace

std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string_view take_part(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && quoted) ++end;
  }
  end = std::min(end, text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

NameAndValue split(std::string_view text, char separator) {
  const std::string_view name = take_part(text, separator);
  return {unquoted(name), unquoted(text)};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint32_t> parse_requests(std::string_view text) {
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(value * std::uint64_t{10} + static_cast<unsigned>(c - '0'), DeclaredQuota::max_count));
  }
  return text.empty() ? std::nullopt : std::optional(value);
}

std::optional<std::uint32_t> parse_limit(std::string_view text) {
  const auto value = parse_requests(text);
  return value == 0U ? std::nullopt : value;
}

std::optional<Duration> parse_window(std::string_view text) {
  const auto number = text.substr(0, text.find_first_not_of("0123456789."));
  const auto count = parse_seconds(number, max_seconds);
  const auto unit = unit_named(trimmed(text.substr(number.size())));
  if (!count || !unit || *count == seconds(0)) return std::nullopt;
  return std::min(*count * unit->count(), max_seconds);
}

std::optional<Duration> parse_reset(std::string_view text, WallTime now) {
  if (const auto number = parse_seconds(text, last_epoch)) {
    if (*number >= first_epoch_in_ms) return until(*number / 1000, now);
    if (*number >= first_epoch) return until(*number, now);
    return std::min(*number, max_seconds);
  }
  if (const auto date = http::parse_date(text))
    return until(std::chrono::floor<seconds>(date->time_since_epoch()), now);
  return std::nullopt;
}

}  // namespace koobatch::koodrive
