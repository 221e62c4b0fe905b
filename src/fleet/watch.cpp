#include "fleet/watch.hpp"

namespace koobatch::fleet {

Duration Watch::patience(Duration lease) {
  return lease + lease / 50 + std::chrono::seconds(1);
}

void Watch::own_acknowledged(BootTime now) {
  // Nobody could beat during the silence that ends now.
  if (acknowledged_ && now - *acknowledged_ > longest_silence(lease_)) restart();
  acknowledged_ = now;
}

std::vector<Watch::Suspect> Watch::observe(std::span<const WorkerRow> workers, WorkerNumber me,
                                           std::uint64_t connection, BootTime asked, BootTime received) {
  if (connection != connection_) restart();
  connection_ = connection;
  const bool is_silent = !acknowledged_ || received - *acknowledged_ > longest_silence(lease_);
  std::vector<Suspect> suspects;
  for (const WorkerRow& worker : workers) {
    if (worker.number == me || worker.state != WorkerState::alive) {
      seen_.erase(worker.number);
      continue;
    }
    const auto [seen, is_new] = seen_.try_emplace(worker.number, Seen{worker.beat, received});
    if (seen->second.beat != worker.beat) seen->second = {worker.beat, received};
    const bool stood_still = !is_new && asked - seen->second.since > patience(lease_);
    if (stood_still && !is_silent) suspects.push_back({worker.number, worker.beat});
  }
  return suspects;
}

}  // namespace koobatch::fleet
