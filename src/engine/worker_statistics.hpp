#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/engine/measurements.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/observe/counters.hpp"
#include "koobatch/observe/request_counters.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/report/tally.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace koobatch::engine {

/// Everything that one worker counts: for the progress, for metrics and benchmarks if requested, and for the summary.
/// Changed by the worker's thread; other threads may read the counters meanwhile, and the rest after its end.
class WorkerStatistics {
 public:
  WorkerStatistics(bool metrics, bool measure);

  /// A connection was opened.
  void agreed_on(observe::HttpVersion version) { counters_.http.store(version, std::memory_order_relaxed); }
  /// Reports that a request is sent. `again`: it repeats one for the same operation that settled nothing.
  void sent(bool again);
  /// Reports that it was not sent after all.
  void withheld(bool again);
  void set_in_flight(std::size_t requests) { counters_.in_flight.set(requests); }
  /// A request ended without an answer because the service refused this client or its certificate.
  void turned_down(Duration latency);
  /// A request ended. `verdict`: what its answer meant before clock or credentials were corrected; `http`: its status,
  /// 0 without an answer.
  void ended(koodrive::Verdict verdict, int http, Duration latency);
  /// An attempt failed, or (without a trace ID) a connection could not be opened. Only for benchmarks.
  void failed(const koodrive::Outcome& outcome, const std::optional<TraceId>& attempt, WallTime at);
  /// An operation has its result. `since_due`: since its first attempt was scheduled.
  void finished(const report::ResultRecord& result, Duration since_due);
  /// The result says what the item was before, or `why` not.
  void captured(std::string_view why) { tally_.add_capture(why); }
  /// An operation was given up without a result because the run ends.
  void given_up(Duration since_due);

  /// How many operations are left out by now, because of their users or of those before them on their keys.
  void set_left_out(std::uint64_t operations) { left_out_.set(operations); }

  std::uint64_t left_out() const { return left_out_.get(); }
  bool measures() const { return measured_ != nullptr; }
  const observe::Counters& counters() const { return counters_; }
  const observe::RequestCounters* request_counters() const { return request_counters_.get(); }
  const report::Tally& tally() const { return tally_; }
  const Measurements* measurements() const { return measured_.get(); }

 private:
  observe::Counters counters_;
  observe::Counter left_out_;
  std::unique_ptr<observe::RequestCounters> request_counters_;  ///< null: no metrics
  report::Tally tally_;
  std::unique_ptr<Measurements> measured_;  ///< null: not a benchmark
};

}  // namespace koobatch::engine
