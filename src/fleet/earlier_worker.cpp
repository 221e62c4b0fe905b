#include "koobatch/fleet/earlier_worker.hpp"

#include "fleet/group_fate.hpp"

#include <algorithm>

namespace koobatch::fleet {
namespace {

Failure cannot_remember(const Error& error) {
  return {Fault::refused, error};
}

/// Fences it as it is surveyed, again if the last thing that it asked for was still being carried out meanwhile.
Answer<void> fence(Ledger& ledger, const WorkerMemory& memory) {
  for (;;) {
    const auto survey = ledger.survey(memory.run);
    if (!survey) return survey.error();
    const auto& workers = survey->workers;
    const auto row = std::ranges::find(workers, memory.enrolment.number, &WorkerRow::number);
    if (row == workers.end() || row->state != WorkerState::alive || row->nonce != memory.enrolment.nonce) return {};
    const auto fenced = ledger.fence(row->number, row->beat, Duration::zero());
    if (!fenced) return fenced.error();
    if (*fenced) return {};
  }
}

Answer<EarlierFate> abort_run(Ledger& ledger, const WorkerMemory& memory, const Answer<GroupNumber>& settled) {
  const auto reason = lost_groups(memory.group, settled).message;
  if (auto aborted = ledger.stop_run(memory.run, RunState::aborted, reason); !aborted) return aborted.error();
  return EarlierFate::lost;
}

Answer<EarlierFate> end_enrolment(Ledger& ledger, const WorkerMemory& memory) {
  const auto run = ledger.find_run(memory.run_id);
  if (!run) return run.error();
  if (*run != memory.run) return EarlierFate::unknown;
  const auto settled = ledger.settle(memory.enrolment);
  if (!settled && settled.error().fault == Fault::fenced) return EarlierFate::none;
  const bool forgotten = !settled && settled.error().fault == Fault::forgotten;
  if (forgotten || (settled && *settled < memory.group)) return abort_run(ledger, memory, settled);
  if (!settled) return settled.error();
  if (auto fenced = fence(ledger, memory); !fenced) return fenced.error();
  return EarlierFate::fenced;
}

}  // namespace

Answer<EarlierFate> end_earlier_worker(Ledger& ledger, StateFolder& state) {
  if (!state.earlier()) return EarlierFate::none;
  auto fate = end_enrolment(ledger, *state.earlier());
  if (!fate) return fate;
  if (auto forgotten = state.forget(); !forgotten) return cannot_remember(forgotten.error());
  return fate;
}

}  // namespace koobatch::fleet
