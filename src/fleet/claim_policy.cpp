#include "fleet/claim_policy.hpp"

#include <algorithm>

namespace koobatch::fleet {

std::uint32_t parts_to_claim(const ClaimSituation& situation) {
  if (situation.is_spare || situation.open >= most_open_parts || situation.owned >= most_owned_parts) return 0;
  const std::uint32_t room = std::min(most_open_parts - situation.open, most_owned_parts - situation.owned);
  const std::uint32_t workers = std::max(situation.workers, 1U);
  const std::uint32_t fair = std::max(situation.free_parts / (2 * workers), 1U);
  return std::min({fair, room, situation.free_parts});
}

}  // namespace koobatch::fleet
