#include "fleet/run_follower.hpp"

#include <spdlog/spdlog.h>

namespace koobatch::fleet {

Answer<RunFollower::Advice> RunFollower::follow(Ledger& ledger, WorkerNumber me, const Survey& survey,
                                                EngineControl& engine, BootTime now) {
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
  return cut_off_.observe(survey.workers, me, snapshot.pace.down, now) ? Advice::leave : Advice::carry_on;
}

Answer<void> RunFollower::share_wait(Ledger& ledger, const RunRow& run, Duration own, EngineControl& engine) const {
  const Duration of_others = run.paused_for.value_or(Duration::zero());
  if (of_others > own) engine.pause_for(of_others);
  if (own > of_others + same_wait) return ledger.pause_for(run.number, own);
  return {};
}

}  // namespace koobatch::fleet
