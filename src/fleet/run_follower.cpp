#include "fleet/run_follower.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace koobatch::fleet {
namespace {

/// Whether others are alive, and all that is left to do is this worker's.
bool are_others_idle(const Survey& survey, WorkerNumber me, std::uint32_t own_parts) {
  const bool any = std::ranges::any_of(survey.workers, [&](const WorkerRow& worker) {
    return worker.number != me && worker.state == WorkerState::alive;
  });
  return any && own_parts != 0 && survey.owned_parts <= own_parts && survey.free_parts <= survey.quiet_parts;
}

RunFollower::Advice advice_of(CutOff::Advice advice) {
  switch (advice) {
    case CutOff::Advice::leave:
      return RunFollower::Advice::leave;
    case CutOff::Advice::stand_back:
      return RunFollower::Advice::stand_back;
    case CutOff::Advice::carry_on:
      break;
  }
  return RunFollower::Advice::carry_on;
}

}  // namespace

Answer<RunFollower::Advice> RunFollower::follow(Ledger& ledger, WorkerNumber me, std::uint32_t own_parts,
                                                const Survey& survey, EngineControl& engine, BootTime now) {
  const RunRow& run = survey.run;
  if (run.state == RunState::stopping || has_ended(run.state)) {
    reason_ = run.reason;
    return Advice::stop;
  }
  engine.pause(run.state == RunState::paused);
  const auto snapshot = engine.snapshot();
  if (auto shared = share_wait(ledger, run, snapshot.pace.wait, engine); !shared) return shared.error();
  if (const auto reason = limits_.find_reason(sum(survey.workers))) {
    spdlog::error("the run is stopped: {}", *reason);
    if (auto stopped = ledger.stop_run(run.number, RunState::stopping, *reason); !stopped) return stopped.error();
    reason_ = *reason;
    return Advice::stop;
  }
  const bool idle = are_others_idle(survey, me, own_parts);
  return advice_of(cut_off_.observe({survey.workers, me, snapshot.pace.down, idle}, now));
}

Answer<void> RunFollower::share_wait(Ledger& ledger, const RunRow& run, Duration own, EngineControl& engine) const {
  const Duration of_others = run.paused_for.value_or(Duration::zero());
  if (of_others > own) engine.pause_for(of_others);
  if (own > of_others + same_wait) return ledger.pause_for(run.number, own);
  return {};
}

}  // namespace koobatch::fleet
