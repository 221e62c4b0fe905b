#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/report/commit_group.hpp"
#include "koobatch/report/record.hpp"

#include <cstddef>
#include <cstdint>

namespace koobatch::engine {

/// Gathers a worker's results and notes into batches for the report's writer, numbered from 1. Decides when a batch is
/// handed over, and when its durability becomes urgent. No I/O, no clock.
class ResultBatches {
 public:
  /// A batch this large, or this old, is handed to the writer.
  static constexpr std::size_t most_bytes = 64 * 1024;
  static constexpr Duration most_age = std::chrono::milliseconds(20);

  /// `worker`: identifies the worker to the writer.
  explicit ResultBatches(unsigned worker);

  /// Adds a line to the present batch. Returns the batch's number, which durable() will report.
  std::uint64_t add(const report::ResultRecord& result, TimePoint now);
  std::uint64_t add(const report::AttemptNote& note, TimePoint now);
  std::uint64_t add(const report::ReadingNote& note, TimePoint now);

  bool empty() const { return batch_.lines.empty(); }
  /// Whether the present batch is large or old enough to be handed over.
  bool is_due(TimePoint now) const;
  /// When the present batch is due by its age; TimePoint::max() if it is empty.
  TimePoint due_at() const;
  /// Whether to make durability urgent, if operations could continue with it. Only one batch at a time is urgent: what
  /// is recorded during its sync goes into the next, so that the rhythm adapts to a fast or slow disk.
  bool wants_urgency() const { return urged_ <= durable_ && recorded_ > durable_; }
  /// Makes durability urgent; the caller hands over now. Precondition: wants_urgency().
  void urge();
  /// Hands the present batch to `submit(report::Batch&)`, which takes its lines, and begins the next.
  template <class Submit>
  void hand_over(Submit submit) {
    const std::uint64_t number = batch_.number;
    submit(batch_);
    begin(number + 1);
  }

  /// Reports that batches up to `number` are durable.
  void durable(std::uint64_t number);

 private:
  void open(TimePoint now);
  std::uint64_t added();
  void begin(std::uint64_t number);

  const unsigned worker_;
  report::Batch batch_;
  std::uint64_t recorded_ = 0;  ///< the last non-empty batch
  std::uint64_t urged_ = 0;     ///< the last urgent batch
  std::uint64_t durable_ = 0;
};

}  // namespace koobatch::engine
