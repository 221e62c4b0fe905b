#pragma once
#include <cstdint>

namespace koobatch::fleet {

/// The most parts that one worker has open at a time: being read, and not waiting for a hold.
constexpr std::uint32_t most_open_parts = 16;
/// The most that it owns, including those that wait for a hold.
constexpr std::uint32_t most_owned_parts = 64;

/// What a worker knows when it considers claiming parts.
struct ClaimSituation {
  std::uint32_t free_parts = 0;  ///< that may be claimed now, as surveyed: a hint
  std::uint32_t workers = 1;     ///< alive and no spares, this one included
  std::uint32_t open = 0;        ///< own parts, see PartBook::open_parts()
  std::uint32_t owned = 0;
  bool is_spare = false;  ///< see RateShare::is_spare()
};

/// How many parts to claim now; 0: none. Guided self-scheduling: half of an equal share of what is free, so that claims
/// become smaller towards the end and all workers finish together.
std::uint32_t parts_to_claim(const ClaimSituation& situation);

}  // namespace koobatch::fleet
