#pragma once
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <string_view>

namespace koobatch::job {

/// Whether the line consists of white space.
inline bool is_blank(std::string_view line) {
  const bool begins_with_sign = !line.empty() && line.front() > ' ';
  return !begins_with_sign && line.find_first_not_of(" \t\r") == std::string_view::npos;
}
/// The violation of a line over the limit.
koodrive::Violation too_long_line(const LineLimits& limits);

}  // namespace koobatch::job
