#include "state_text.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/state/reader.hpp"

#include <algorithm>

namespace koobatch::test {

std::string state_text(std::string items, const std::string& endpoint, bool is_complete, std::chrono::minutes age) {
  const auto at = WallClock::now() - age;
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(items, '\n'));
  state::append_summary(items, {at, at, 1, lines, is_complete, endpoint});
  return items + "\n";
}

}  // namespace koobatch::test
