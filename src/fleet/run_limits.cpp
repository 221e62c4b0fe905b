#include "fleet/run_limits.hpp"

#include "koobatch/flow/refusal_streak.hpp"
#include "koobatch/flow/uniform_rejection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::fleet {
namespace {

bool is_answered(const WorkerRow& worker) {
  return worker.state == WorkerState::alive && worker.counts.requests > 0 && worker.counts.held_refusals == 0;
}

}  // namespace

RunTotals sum(std::span<const WorkerRow> workers) {
  RunTotals totals;
  for (const WorkerRow& worker : workers) {
    // An enrolment that has sent nothing has only recorded what was known before, as the submitter does: that says
    // nothing about the service.
    if (worker.counts.requests == 0) continue;
    const report::Counts& results = worker.counts.results;
    totals.finished += results.finished();
    totals.fulfilled += results.fulfilled();
    totals.rejected += results[Status::rejected];
    totals.errors += results[Status::rejected] + results[Status::failed] + results[Status::unknown];
    // What an enrolment that is over had held back has no result, and is sent again.
    if (worker.state == WorkerState::alive) totals.held += worker.counts.held_refusals;
    totals.any_answered |= is_answered(worker);
  }
  return totals;
}

std::optional<std::string> RunLimits::find_reason(const RunTotals& totals) const {
  const std::uint64_t errors = totals.errors + totals.held;
  const std::uint64_t finished = totals.finished + totals.held;
  if (!limit_.text().empty()) {
    if (!limit_.exceeded(errors, finished)) return std::nullopt;
    return fmt::format(
        "{} of {} operations did not succeed, on all workers together, which is more than the limit of {}", errors,
        finished, limit_.text());
  }
  if (totals.held >= flow::RefusalStreak::limit && !totals.any_answered) {
    return fmt::format(
        "everything is refused, on all workers: the last {} operations, without an answer that the service "
        "documents",
        totals.held);
  }
  if (totals.rejected >= flow::UniformRejection::sample && totals.rejected == totals.finished) {
    return fmt::format(
        "the first {} operations were all rejected, on all workers together: the job, the endpoint or the "
        "credentials are probably the wrong ones",
        totals.rejected);
  }
  return std::nullopt;
}

CutOff::Advice CutOff::observe(const Sight& sight, BootTime now) {
  std::uint64_t others = 0;
  for (const WorkerRow& worker : sight.workers) {
    if (worker.number != sight.me) others += worker.counts.results.fulfilled();
  }
  const bool risen = others > others_;
  others_ = others;
  if (!sight.silent) {
    since_.reset();
    return Advice::carry_on;
  }
  if (!since_) {
    // What others had before says nothing about now.
    since_ = now;
    risen_.reset();
  } else if (risen) {
    risen_ = now;
  }
  if (now - *since_ < patience) return Advice::carry_on;
  if (risen_ && now - *risen_ <= lately) return Advice::leave;
  return sight.others_idle ? Advice::stand_back : Advice::carry_on;
}

}  // namespace koobatch::fleet
