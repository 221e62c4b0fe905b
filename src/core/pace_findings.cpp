#include "koobatch/core/pace_findings.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

namespace koobatch {

std::string describe(const PaceFindings& found) {
  constexpr double worth_telling = 0.005;
  std::string text;
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  if (found.limit > 0) add(fmt::format("at most {}", format_rate(found.limit)));
  if (found.in_flight > 0) add(fmt::format("at most {} in flight", format_count(found.in_flight)));
  if (found.noise >= worth_telling)
    add(fmt::format("{:.0f}% of the answers ask to slow down at any pace", 100 * found.noise));
  return text;
}

}  // namespace koobatch
