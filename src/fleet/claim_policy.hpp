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
  /// What is known of the way from this worker to the service.
  enum class Service : std::uint8_t {
    answers,
    untried,   ///< it has not answered under this enrolment
    doubtful,  ///< likewise, and this worker has left what it had to others because it did not
    silent,    ///< its breaker is open
  } service = Service::answers;
};

/// How many parts to claim now; 0: none. Guided self-scheduling: half of an equal share of what is free, so that claims
/// become smaller towards the end and all workers finish together. One part is enough to see
/// whether the service answers at all; and the last ones are left to those whom it does answer.
std::uint32_t parts_to_claim(const ClaimSituation& situation);

}  // namespace koobatch::fleet
