#pragma once
#include "engine/held_refusals.hpp"
#include "engine/idle_slots.hpp"
#include "engine/open_dialogues.hpp"
#include "engine/result_batches.hpp"
#include "engine/shared_parts.hpp"
#include "engine/worker_statistics.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/flow/scheduler.hpp"

#include <cstdint>
#include <string_view>

namespace koobatch::engine {

/// The outcomes of one worker's operations: held refusals, results and notes on their way to the report, and counts.
/// For use on the worker's thread.
class Results {
 public:
  Results(unsigned worker, const SharedParts& shared, flow::Scheduler& scheduler, OpenDialogues& dialogues,
          IdleSlots& idle);

  /// Handles an attempt that settled its operation: records the result, unless it is a refusal that may not come from
  /// the service.
  void finalise(flow::SlotId slot, Status status, const koodrive::Outcome& outcome, const flow::AttemptTiming& timing);
  /// Records an operation's result.
  void record(flow::SlotId slot, Status status, const koodrive::Outcome& outcome, const flow::AttemptTiming& timing);
  /// Records held refusals that have become final.
  void record_released(TimePoint now);
  /// Notes an attempt that must not be made twice, in the report before it is made.
  void note(flow::SlotId slot, TimePoint now);

  /// Records what a reading found, before its operation has a result: members of a JSON object. Returns the number of
  /// the batch, see Scheduler::send_once_durable().
  std::uint64_t note_reading(flow::SlotId slot, std::string_view reading, const flow::AttemptTiming& timing);

  /// Hands over what is due, and arranges for the next batch.
  void follow_time(TimePoint now);
  /// Hands over everything recorded so far.
  void hand_over();
  /// Makes durability urgent when operations could continue with it.
  void consider_sync();
  /// Handles batches up to `number` having become durable.
  void durable(std::uint64_t number);
  /// Reports that the worker was given something to do. Safe to call from any thread.
  void set_busy() { held_.set_busy(); }
  /// Reports that the worker has nothing left to do, and why.
  void set_at_rest(flow::RefusalStreak::Activity activity);

  WorkerStatistics& statistics() { return statistics_; }
  const WorkerStatistics& statistics() const { return statistics_; }
  /// The trace ID of the last attempt of `slot`.
  TraceId trace_of(flow::SlotId slot) const;

 private:
  void add_readings(const OpenDialogues::Open& dialogue, report::ResultRecord& result);
  void submit(bool urgent);
  void expect_batch(TimePoint now);
  void consider_first(Status status, const koodrive::Outcome& outcome);

  const SharedParts& shared_;
  flow::Scheduler& scheduler_;
  OpenDialogues& dialogues_;
  IdleSlots& idle_;
  HeldRefusals held_;
  ResultBatches batches_;
  WorkerStatistics statistics_;
};

}  // namespace koobatch::engine
