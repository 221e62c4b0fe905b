#include "fleet/claim_policy.hpp"

#include <algorithm>

namespace koobatch::fleet {

namespace {

/// Whether a part may be claimed to find out whether the service answers.
bool may_try(const ClaimSituation& situation) {
  if (situation.owned != 0) return false;
  return situation.service == ClaimSituation::Service::untried || situation.workers <= 1 || situation.free_parts > 1;
}

}  // namespace

std::uint32_t parts_to_claim(const ClaimSituation& situation) {
  using Service = ClaimSituation::Service;
  if (situation.service == Service::silent) return 0;
  if (situation.service != Service::answers && !may_try(situation)) return 0;
  if (situation.is_spare || situation.open >= most_open_parts || situation.owned >= most_owned_parts) return 0;
  const std::uint32_t room = std::min(most_open_parts - situation.open, most_owned_parts - situation.owned);
  const std::uint32_t workers = std::max(situation.workers, 1U);
  const std::uint32_t fair = std::max(situation.free_parts / (2 * workers), 1U);
  const std::uint32_t most = situation.service == Service::answers ? room : std::min(room, 1U);
  return std::min({fair, most, situation.free_parts});
}

}  // namespace koobatch::fleet
