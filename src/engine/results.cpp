#include "engine/results.hpp"

#include "koobatch/report/record.hpp"

#include <utility>

namespace koobatch::engine {

Results::Results(unsigned worker, const SharedParts& shared, flow::Scheduler& scheduler, OpenDialogues& dialogues,
                 IdleSlots& idle)
    : shared_(shared),
      scheduler_(scheduler),
      dialogues_(dialogues),
      idle_(idle),
      held_(worker, shared.refusals),
      batches_(worker),
      statistics_(shared.settings.metrics, shared.settings.benchmark) {}

TraceId Results::trace_of(flow::SlotId slot) const {
  return {shared_.trace_prefix, scheduler_.operation(slot).line(), scheduler_.attempt(slot)};
}

void Results::finalise(flow::SlotId slot, Status status, const koodrive::Outcome& outcome,
                       const flow::AttemptTiming& timing) {
  if (held_.is_beside_the_point(status)) {
    record(slot, status, outcome, timing);
    return;
  }
  const auto decision = held_.consider(slot, status, outcome, timing);
  if (decision.others_freed) shared_.events.pace_changed();
  if (!decision.held) {
    record(slot, status, outcome, timing);
    return;
  }
  shared_.operation_log.held_back(trace_of(slot), outcome);
  if (!decision.stop) {
    shared_.events.operation_failed();
    return;
  }
  // The slots might start further operations before the thread that ends the run is notified.
  scheduler_.stop();
  const auto [count, recorded] = *decision.stop;
  shared_.events.stop(RefusedAlike{count, recorded, koodrive::describe(outcome), outcome.leads_to});
}

void Results::record_released(TimePoint now) {
  if (!held_.any_released()) return;
  while (auto held = held_.take_released()) {
    held->timing.now = now;
    record(held->slot, held->status, held->outcome, held->timing);
  }
}

void Results::record(flow::SlotId slot, Status status, const koodrive::Outcome& last,
                     const flow::AttemptTiming& timing) {
  const koodrive::Operation& operation = scheduler_.operation(slot);
  // What a reading back was answered says nothing that belongs in the result, except by how the dialogue ended.
  const auto* dialogue = dialogues_.find(slot);
  const koodrive::Outcome& outcome = dialogue != nullptr && dialogue->answer ? *dialogue->answer : last;
  report::ResultRecord result;
  result.line = operation.line();
  result.op = operation.row().name;
  result.id = operation.id();
  result.status = status;
  result.http = outcome.http;
  result.code = outcome.code;
  result.msg = outcome.msg;
  result.error = outcome.error;
  result.attempts = scheduler_.attempt(slot);
  // The request that reads back repeats nothing, either.
  result.readings = scheduler_.readings(slot) + (scheduler_.settled(slot) ? 1 : 0);
  result.at = timing.at;
  if (result.attempts != 0) {
    result.trace_id = trace_of(slot);
    result.latency = timing.latency;
  }
  result.ref = operation.ref();
  result.history = scheduler_.history(slot);
  if (dialogue != nullptr) add_readings(*dialogue, result);

  expect_batch(timing.now);
  const std::uint64_t batch = batches_.add(result, timing.now);
  statistics_.finished(result, timing.now - scheduler_.due(slot));
  if (!is_fulfilled(status)) {
    // A benchmark counts failures instead, and may keep no report.
    if (!statistics_.measures()) shared_.operation_log.not_succeeded(result);
    shared_.events.operation_failed();
  }
  if (shared_.first_results.watching()) consider_first(status, outcome);
  dialogues_.recorded(slot);
  scheduler_.recorded(slot, batch, status);
  if (batches_.is_due(timing.now)) submit(false);
  consider_sync();
}

/// Adds what was read about the operation, which has no line of its own if it was left out before.
void Results::add_readings(const OpenDialogues::Open& dialogue, report::ResultRecord& result) {
  if (dialogue.line != result.line) return;
  if (dialogue.dialogue) {
    const auto remark = dialogue.dialogue->remark();
    result.reading = remark.members;
    if (!remark.members.empty()) statistics_.captured(remark.not_captured);
  }
  if (!dialogue.ending) return;
  result.reason = dialogue.ending->reason;
  if (!dialogue.ending->note.empty()) result.reading = dialogue.ending->note;
  if (!dialogue.ending->error.empty()) result.error = dialogue.ending->error;
}

void Results::note(flow::SlotId slot, TimePoint now) {
  const auto next_attempt = static_cast<std::uint8_t>(scheduler_.attempt(slot) + 1);
  const TraceId trace_id{shared_.trace_prefix, scheduler_.operation(slot).line(), next_attempt};
  expect_batch(now);
  scheduler_.noted(slot, batches_.add(report::AttemptNote{trace_id, WallClock::now()}, now));
  consider_sync();
}

std::uint64_t Results::note_reading(flow::SlotId slot, std::string_view reading, const flow::AttemptTiming& timing) {
  expect_batch(timing.now);
  const auto batch = batches_.add(report::ReadingNote{trace_of(slot), timing.at, reading}, timing.now);
  if (batches_.is_due(timing.now)) submit(false);
  return batch;
}

void Results::consider_first(Status status, const koodrive::Outcome& outcome) {
  auto answer = shared_.first_results.add(status, outcome);
  if (answer) shared_.events.stop(FirstRejectedAlike{flow::UniformRejection::sample, std::move(*answer)});
}

/// The first line of a batch determines when it is due.
void Results::expect_batch(TimePoint now) {
  if (batches_.empty()) idle_.wake_at(now + ResultBatches::most_age);
}

void Results::follow_time(TimePoint now) {
  if (batches_.is_due(now)) submit(false);
  idle_.wake_at(batches_.due_at());
}

void Results::hand_over() {
  if (!batches_.empty()) submit(false);
}

void Results::submit(bool urgent) {
  batches_.hand_over([&](report::Batch& batch) { shared_.writer.submit(batch, urgent); });
}

void Results::consider_sync() {
  if (!batches_.wants_urgency() || !scheduler_.wants_sync()) return;
  batches_.urge();
  submit(true);
}

void Results::durable(std::uint64_t number) {
  batches_.durable(number);
  scheduler_.durable(number);
  consider_sync();
}

void Results::set_at_rest(flow::RefusalStreak::Activity activity) {
  if (held_.set_at_rest(activity)) shared_.events.pace_changed();
}

}  // namespace koobatch::engine
