#pragma once
#include "koobatch/core/error.hpp"

#include <string_view>

namespace koobatch::fleet {

/// Calls `use` with each line of `lines`, without its line feed, until it returns an error.
template <class Use>
Result<void> each_line(std::string_view lines, const Use& use) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (auto used = use(lines.substr(0, end)); !used) return used;
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
  }
  return {};
}

}  // namespace koobatch::fleet
