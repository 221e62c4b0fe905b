#include "sim/declaration.hpp"

#include "sim/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

namespace koobatch::sim {
namespace {

using std::chrono::seconds;

/// A limit in whole seconds.
struct Declared {
  double limit = 0;
  seconds span{1};
};

Declared in_whole_seconds(const QuotaState& quota) {
  const auto span = std::chrono::ceil<seconds>(quota.span);
  return {.limit = quota.limit * (koobatch::seconds(span) / koobatch::seconds(quota.span)), .span = span};
}

/// The largest integer not above `number`, with a tolerance for the rounding of rates such as 100/min.
std::uint64_t whole(double number) {
  constexpr double largest = 1e18;
  return static_cast<std::uint64_t>(std::floor(std::min(number, largest) + 1e-6));
}

struct Unit {
  seconds length;
  std::string_view name;
};
constexpr std::array<Unit, 4> units = {
    {{seconds(24 * 3600), "day"}, {seconds(3600), "hour"}, {seconds(60), "minute"}, {seconds(1), "second"}}};

/// "1 second", "10 second", "1 minute", as the gateway spells them.
std::string spelled(seconds span) {
  const auto* unit = units.begin();
  while (span % unit->length != seconds::zero()) ++unit;
  return fmt::format("{} {}", span / unit->length, unit->name);
}

std::string_view policy(const ThrottleSettings& settings) {
  return settings.per_user ? "user" : "service";
}

}  // namespace

void append_quota_fields(std::string& out, const ThrottleSettings& settings, const QuotaState& quota, bool debug,
                         WallTime now) {
  const double factor = settings.declared_factor;
  auto declared = in_whole_seconds(quota);
  // The fields hold integers: less than one request a second is declared per minute, hour or day.
  for (auto unit = units.rbegin() + 1; declared.limit < 1 && unit != units.rend(); ++unit) {
    declared = {declared.limit * koobatch::seconds(unit->length) / koobatch::seconds(declared.span), unit->length};
  }
  const auto limit = whole(declared.limit * factor);
  const auto left = whole(quota.left * factor);
  const auto span = declared.span.count();
  const auto reset = std::chrono::ceil<seconds>(quota.until_full).count();
  const auto append = [&]<class... T>(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<T>(values)...);
  };
  switch (settings.declaration) {
    case Declaration::message:
    case Declaration::none:
      break;
    case Declaration::ietf:
      append("RateLimit-Policy: \"{0}\";q={1};w={2}\r\nRateLimit: \"{0}\";r={3};t={4}\r\n", policy(settings), limit,
             span, left, reset);
      break;
    case Declaration::ratelimit:
      append("RateLimit-Limit: {}\r\nRateLimit-Remaining: {}\r\nRateLimit-Reset: {}\r\n", limit, left, reset);
      break;
    case Declaration::x_ratelimit:
      append("X-RateLimit-Limit: {}\r\nX-RateLimit-Remaining: {}\r\nX-RateLimit-Reset: {}\r\n", limit, left, reset);
      break;
    case Declaration::x_ratelimit_epoch:
      append("X-RateLimit-Limit: {}\r\nX-RateLimit-Remaining: {}\r\nX-RateLimit-Reset: {}\r\n", limit, left,
             std::chrono::ceil<seconds>(now + quota.until_full).time_since_epoch().count());
      break;
    case Declaration::apig_debug:
      if (!debug) break;
      [[fallthrough]];
    case Declaration::apig:
      append("X-Apig-RateLimit-{}: remain:{},limit:{},time:{}\r\n", settings.per_user ? "user" : "api", left, limit,
             spelled(declared.span));
      break;
  }
}

void append_refusal_body(std::string& out, const ThrottleSettings& settings, const Throttle::Verdict& verdict) {
  assert(verdict.refusal != Throttle::Refusal::none);
  const bool told = settings.declaration == Declaration::message;
  if (!told && settings.status != 429) {
    append_status_body(out, settings.status);
    return;
  }
  const bool crowded = verdict.refusal == Throttle::Refusal::concurrency;
  std::string text = fmt::format("The throttling threshold has been reached: policy {} over {}", policy(settings),
                                 crowded ? "concurrency" : "ratelimit");
  if (told && crowded) {
    text += fmt::format(",limit:{}", whole(settings.concurrency * settings.declared_factor));
  } else if (told) {
    const auto declared = in_whole_seconds(verdict.quota.value());
    text += fmt::format(",limit:{:.6g},time:{}", declared.limit * settings.declared_factor, spelled(declared.span));
  }
  append_gateway_body(out, "APIG.0308", text);
}

}  // namespace koobatch::sim
