#include "koobatch/sim/throttle_settings.hpp"

#include "koobatch/core/units.hpp"
#include "sim/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::sim {
namespace {

constexpr std::array<std::pair<std::string_view, Declaration>, 8> declarations = {
    {{"message", Declaration::message},
     {"none", Declaration::none},
     {"ietf", Declaration::ietf},
     {"ratelimit", Declaration::ratelimit},
     {"x-ratelimit", Declaration::x_ratelimit},
     {"x-ratelimit-epoch", Declaration::x_ratelimit_epoch},
     {"apig", Declaration::apig},
     {"apig-debug", Declaration::apig_debug}}};

/// What has been parsed of a throttle so far. The functions that parse a parameter's value return what is wrong with
/// it; empty if nothing is.
struct Reading {
  ThrottleSettings settings;
  std::optional<Counting> counting;
  std::optional<Duration> span;  ///< as given
  std::optional<Duration> unit;  ///< of the first rate
  std::optional<Declaration> declaration;
  std::optional<double> factor;
  std::set<std::string_view> names;  ///< of the parameters

  std::string read_counting(Counting how, std::optional<std::string_view> value) {
    if (counting) return "bucket, window and sliding exclude each other: requests are counted in one way";
    counting = how;
    if (!value) return {};
    const auto length = parse_duration(*value);
    if (!length) return length.error().message;
    if (how != Counting::bucket && *length < std::chrono::milliseconds(1)) return "must be at least 1ms";
    span = *length;
    return {};
  }

  std::string read_concurrency(std::string_view value) {
    const auto count = parse_count(value, 1, 1'000'000);
    if (!count) return count.error().message;
    settings.concurrency = static_cast<std::uint32_t>(*count);
    return {};
  }

  std::string read_status(std::string_view value) {
    if (value != "429" && value != "503") return "must be 429 or 503";
    settings.status = value == "429" ? 429 : 503;
    return {};
  }

  /// Accepts a number with a unit, or without one as in a fault.
  std::string read_retry_after(std::string_view value) {
    using std::chrono::seconds;
    auto delay = parse_number<int>(value);
    if (!delay) {
      const auto duration = parse_duration(value);
      if (!duration) return duration.error().message;
      if (*duration % seconds(1) == Duration::zero()) delay = static_cast<int>(*duration / seconds(1));
    }
    if (!delay || *delay < 0) return "must be a whole number of seconds";
    settings.retry_after = *delay;
    return {};
  }

  std::string read_declaration(std::string_view value) {
    const auto* found =
        std::find_if(declarations.begin(), declarations.end(), [&](const auto& d) { return d.first == value; });
    if (found == declarations.end()) {
      std::vector<std::string_view> forms;
      for (const auto& known : declarations) forms.push_back(known.first);
      return fmt::format("unknown; must be one of {}", fmt::join(forms, ", "));
    }
    declaration = found->second;
    return {};
  }

  std::string read_factor(std::string_view value) {
    factor = parse_number<double>(value);
    if (!factor || !(*factor >= 0 && *factor <= 1e12)) return "must be a number from 0 to 1e12";
    return {};
  }
};

using Value = std::optional<std::string_view>;
struct Known {
  enum class Takes { nothing, perhaps, value };
  std::string_view name, form;
  Takes takes;
  std::string (*read)(Reading&, Value);
};
constexpr std::array<Known, 9> known_parameters = {
    {{"bucket", "bucket=TIME", Known::Takes::value,
      [](Reading& r, Value v) { return r.read_counting(Counting::bucket, v); }},
     {"window", "window[=TIME]", Known::Takes::perhaps,
      [](Reading& r, Value v) { return r.read_counting(Counting::window, v); }},
     {"sliding", "sliding[=TIME]", Known::Takes::perhaps,
      [](Reading& r, Value v) { return r.read_counting(Counting::sliding, v); }},
     {"concurrency", "concurrency=N", Known::Takes::value, [](Reading& r, Value v) { return r.read_concurrency(*v); }},
     {"per-user", "per-user", Known::Takes::nothing,
      [](Reading& r, Value) {
        r.settings.per_user = true;
        return std::string();
      }},
     {"status", "status=429|503", Known::Takes::value, [](Reading& r, Value v) { return r.read_status(*v); }},
     {"retry-after", "retry-after=TIME", Known::Takes::value,
      [](Reading& r, Value v) { return r.read_retry_after(*v); }},
     {"declare", "declare=FORM", Known::Takes::value, [](Reading& r, Value v) { return r.read_declaration(*v); }},
     {"declare-factor", "declare-factor=X", Known::Takes::value,
      [](Reading& r, Value v) { return r.read_factor(*v); }}}};

/// The period of a rate's unit. Precondition: parse_rate() accepts the text.
Duration unit_of(std::string_view rate) {
  const auto one = parse_rate(fmt::format("1{}", rate.substr(rate.find('/'))));
  return Duration(std::llround(1e9 / one.value()));
}

bool is_rate(std::string_view text) {
  return text.starts_with("none") || text.find('/') != std::string_view::npos ||
         (!text.empty() && text.front() >= '0' && text.front() <= '9');
}

/// Parses "300/s", "300/s@5s" or "none@5s".
Result<void> read_rate(std::string_view text, Reading& reading) {
  const auto at = text.find('@');
  const auto name = text.substr(0, at);
  RateStep step;
  if (name != "none") {
    const auto rate = parse_rate(name);
    if (!rate) return rate.error();
    step.rate = *rate;
    if (!reading.unit) reading.unit = unit_of(name);
  }
  if (at != std::string_view::npos) {
    const auto from = parse_duration(text.substr(at + 1));
    if (!from)
      return usage_error(fmt::format("the time '{}' after the @: {}", text.substr(at + 1), from.error().message));
    step.from = *from;
  }
  auto& rates = reading.settings.rates;
  if (rates.empty() && step.from > Duration::zero()) {
    return usage_error("the first rate must begin at 0s; for no limit until then, write none@0s before it");
  }
  if (!rates.empty() && at == std::string_view::npos) {
    return usage_error("a second rate needs the time from which it applies: write " + std::string(name) + "@5s");
  }
  if (!rates.empty() && step.from <= rates.back().from) {
    return usage_error("does not begin later than the rate before it; write rates in the order of their times");
  }
  rates.push_back(step);
  return {};
}

Result<void> read_parameter(std::string_view text, Reading& reading) {
  const Parameter parameter(text);
  const auto* known = std::find_if(known_parameters.begin(), known_parameters.end(),
                                   [&](const Known& k) { return k.name == parameter.name; });
  if (known == known_parameters.end()) {
    std::vector<std::string_view> forms;
    for (const auto& k : known_parameters) forms.push_back(k.form);
    return usage_error(fmt::format("unknown; known are RATE, RATE@TIME, {}", fmt::join(forms, ", ")));
  }
  if (!reading.names.insert(known->name).second) return usage_error("is given twice");
  if (known->takes == Known::Takes::nothing && parameter.value) return usage_error("takes no value");
  if (known->takes == Known::Takes::value && !parameter.value) {
    return usage_error(fmt::format("needs a value: write {}", known->form));
  }
  const auto wrong = known->read(reading, parameter.value);
  if (!wrong.empty()) return usage_error(wrong);
  return {};
}

/// A window's quota must be an integer.
Result<void> check_quotas(const ThrottleSettings& settings) {
  for (const auto& step : settings.rates) {
    const double quota = step.rate * seconds(settings.span);
    if (std::abs(quota - std::round(quota)) < 1e-6 * std::max(1.0, quota) && (step.rate == 0 || quota > 0.5)) continue;
    return usage_error(fmt::format("{:.6g} requests in each {} is not a whole number; choose another rate or length",
                                   quota, format_duration(settings.span)));
  }
  return {};
}

/// Combines what was parsed, and checks that it is consistent.
Result<ThrottleSettings> complete(Reading reading) {
  auto& settings = reading.settings;
  const bool rated =
      std::any_of(settings.rates.begin(), settings.rates.end(), [](const RateStep& s) { return s.rate > 0; });
  if (!rated && settings.concurrency == 0) {
    return usage_error("a limit is missing; write for example 300/s or concurrency=8, or just none");
  }
  const bool in_fields =
      reading.declaration && *reading.declaration != Declaration::none && *reading.declaration != Declaration::message;
  if (!rated && (reading.counting || in_fields)) {
    return usage_error("bucket, window, sliding and the forms of declare apply to a rate: add one, such as 300/s");
  }
  settings.counting = reading.counting.value_or(Counting::bucket);
  if (settings.counting != Counting::bucket) settings.span = reading.unit.value_or(settings.span);
  settings.span = reading.span.value_or(settings.span);
  if (settings.counting != Counting::bucket) {
    if (auto ok = check_quotas(settings); !ok) return ok.error();
  }
  const auto by_status = settings.status == 429 ? Declaration::message : Declaration::none;
  settings.declaration = reading.declaration.value_or(by_status);
  if (reading.factor && settings.declaration == Declaration::none) {
    return usage_error("declare-factor has no effect without a declaration: add declare=FORM");
  }
  settings.declared_factor = reading.factor.value_or(1);
  return settings;
}

}  // namespace

bool ThrottleSettings::limits() const {
  return concurrency > 0 || std::any_of(rates.begin(), rates.end(), [](const RateStep& step) { return step.rate > 0; });
}

Result<ThrottleSettings> parse_throttle(std::string_view text) {
  if (text == "none") return ThrottleSettings();
  Reading reading;
  ParameterList list(text);
  while (!list.empty()) {
    const auto item = list.take();
    const auto ok = is_rate(item) ? read_rate(item, reading) : read_parameter(item, reading);
    if (ok) continue;
    // The caller quotes the whole text.
    return item == text ? ok.error() : usage_error(fmt::format("'{}': {}", item, ok.error().message));
  }
  return complete(std::move(reading));
}

}  // namespace koobatch::sim
