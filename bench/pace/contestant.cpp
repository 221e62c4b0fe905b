#include "pace/contestant.hpp"

#include "pace/client.hpp"
#include "pace/rival.hpp"

namespace koobatch::pace_bench {

std::unique_ptr<Contestant> make_contestant(Player player, const Door& door, const Job& job, std::uint64_t seed) {
  if (player == Player::koobatch) return std::make_unique<Client>(door, job, seed);
  return std::make_unique<Rival>(door, job, make_rule(player, job.connections), seed);
}

}  // namespace koobatch::pace_bench
