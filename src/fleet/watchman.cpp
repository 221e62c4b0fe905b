#include "fleet/watchman.hpp"

#include <algorithm>

namespace koobatch::fleet {

Answer<void> Watchman::observe(Ledger& ledger, WorkerNumber me, const Sight& sight,
                               const std::function<void(const WorkerRow&)>& fenced) {
  const auto& workers = sight.survey.workers;
  for (const auto& suspect : watch_.observe(workers, me, ledger.connection(), sight.asked, sight.received)) {
    const auto done = ledger.fence(suspect.worker, suspect.beat, hold_);
    if (!done) return done.error();
    if (*done) fenced(*std::ranges::find(workers, suspect.worker, &WorkerRow::number));
  }
  return {};
}

}  // namespace koobatch::fleet
