#include "koobatch/flow/pace_event.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <string_view>

namespace koobatch::flow {
namespace {

std::string reason(int http) {
  return http == 0 ? std::string() : fmt::format(" (HTTP {})", http);
}

/// What the service did to all users, or to one.
std::string limiting(const PaceEvent& event, std::string_view whom) {
  if (event.declared) return fmt::format("the service declares a limit{}{}", whom.empty() ? "" : " for", whom);
  return fmt::format("the service throttles{}{}", whom, reason(event.http));
}

std::string describe_outage(const PaceEvent& event) {
  constexpr std::string_view then = "nothing is sent but a probe now and then, until";
  if (event.foreign) {
    return fmt::format("something else answers in place of the service ({}): {} the service does", event.why, then);
  }
  if (event.http != 0) {
    const std::string why = event.why.empty() ? reason(event.http) : fmt::format(" ({})", event.why);
    return fmt::format("the service fails every request{}: {} one succeeds", why, then);
  }
  if (event.garbled) {
    return fmt::format("the service answers, but what it sends cannot be read: {} it can: {}", then, event.why);
  }
  return fmt::format("the service does not answer: {} it does{}{}", then, event.why.empty() ? "" : ": ", event.why);
}

}  // namespace

std::string describe(const PaceEvent& event) {
  switch (event.kind) {
    case PaceEvent::Kind::cut:
      return fmt::format("{}: at most {} from now on ({})", limiting(event, ""), format_rate(event.to),
                         event.from ? "before: " + format_rate(*event.from) : "before: no limit");
    case PaceEvent::Kind::paused:
      return fmt::format("the service asks for a pause{}: sending nothing for {:.3g} s", reason(event.http),
                         seconds(event.wait));
    case PaceEvent::Kind::user_cut:
      return fmt::format("{}: at most {} for that user from now on", limiting(event, " one user"),
                         format_rate(event.to));
    case PaceEvent::Kind::user_paused:
      return fmt::format("the service asks for a pause for one user{}: sending nothing for that user for {:.3g} s",
                         reason(event.http), seconds(event.wait));
    case PaceEvent::Kind::down:
      return describe_outage(event);
    case PaceEvent::Kind::up:
      return fmt::format("the service answers again, after {:.3g} s: continuing as before", seconds(event.wait));
  }
  return {};
}

}  // namespace koobatch::flow
