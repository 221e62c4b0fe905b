#include "engine/worker_statistics.hpp"

#include "engine/request_outcome.hpp"

namespace koobatch::engine {

using koodrive::Verdict;

WorkerStatistics::WorkerStatistics(bool metrics, bool measure) {
  if (metrics) request_counters_ = std::make_unique<observe::RequestCounters>();
  if (measure) measured_ = std::make_unique<Measurements>();
}

void WorkerStatistics::sent(bool again) {
  counters_.requests.add();
  if (again) counters_.retries.add();
}

void WorkerStatistics::withheld(bool again) {
  counters_.requests.set(counters_.requests.get() - 1);
  if (again) counters_.retries.set(counters_.retries.get() - 1);
}

void WorkerStatistics::turned_down(Duration latency) {
  counters_.unanswered.add();
  if (request_counters_) request_counters_->add(observe::RequestOutcome::unanswered, latency);
}

void WorkerStatistics::ended(koodrive::Verdict verdict, int http, Duration latency) {
  if (http == 0 && verdict != Verdict::refused) counters_.unanswered.add();
  if (verdict == Verdict::throttled) counters_.throttled.add();
  if (request_counters_) request_counters_->add(request_outcome(verdict, http), latency);
  if (measured_) measured_->service.record(latency);
}

void WorkerStatistics::failed(const koodrive::Outcome& outcome, const std::optional<TraceId>& attempt, WallTime at) {
  if (!measured_ || outcome.verdict == Verdict::refused) return;
  report::ResultRecord record;
  record.line = attempt ? attempt->line : 0;
  record.status = Status::failed;
  record.http = outcome.http;
  record.code = outcome.code;
  record.msg = outcome.msg;
  record.error = outcome.error;
  record.trace_id = attempt;
  record.at = at;
  measured_->failures.add(record);
}

void WorkerStatistics::finished(const report::ResultRecord& result, Duration since_due) {
  tally_.add(result);
  counters_.count(result.status);
  if (measured_) measured_->from_due.record(since_due);
}

void WorkerStatistics::given_up(Duration since_due) {
  if (measured_) measured_->from_due.record(since_due);
}

}  // namespace koobatch::engine
