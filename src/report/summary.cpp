#include "koobatch/report/summary.hpp"

#include <algorithm>

namespace koobatch::report {
namespace {

Outcome outcome_of(const EndRecord& end) {
  if (end.reason == "completed") return Outcome::completed;
  if (end.reason == "interrupted") return Outcome::interrupted;
  return Outcome::aborted;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::interrupted:
      return "interrupted";
    case Outcome::aborted:
      return "aborted";
    case Outcome::unfinished:
      return "unfinished";
  }
  return "";
}

void SummaryBuilder::begin_segment(const RunRecord& run) {
  if (segments_ == 0) first_ = run;
  if (run.endpoint != first_.endpoint &&
      std::find(later_endpoints_.begin(), later_endpoints_.end(), run.endpoint) == later_endpoints_.end()) {
    later_endpoints_.push_back(run.endpoint);
  }
  if (open_) {
    seconds_ += open_seconds();
    requests_ += open_requests();
  }
  ++segments_;
  open_ = true;
  segment_started_ = run.started;
  attempts_before_ = tally_.attempts();
  sent_before_ = sent();
  verified_ = run.job.verified;
}

void SummaryBuilder::end_segment(const EndRecord& end) {
  open_ = false;
  seconds_ += end.seconds;
  // Workers that were lost have not reported all of theirs.
  requests_ += first_.engine.empty() ? end.requests : std::max(end.requests, open_requests());
  pace_ += end.pace;
  if (!verified_ && found_job_changed(end)) doubtful_ += sent() - sent_before_;
  last_end_ = end;
}

double SummaryBuilder::open_seconds() const {
  const WallTime until = std::max(tally_.last_at().value_or(segment_started_), segment_started_);
  return seconds(until - segment_started_);
}

Summary SummaryBuilder::build(std::string report) const {
  Summary s;
  s.report = std::move(report);
  s.run = first_;
  s.later_endpoints = later_endpoints_;
  s.segments = segments_;
  s.outcome = open_ || !last_end_ ? Outcome::unfinished : outcome_of(*last_end_);
  s.error = open_ || !last_end_ ? std::string() : last_end_->error;
  s.next_step = open_ || !last_end_ ? std::nullopt : last_end_->next_step;
  s.finished =
      open_ || !last_end_ ? std::max(tally_.last_at().value_or(segment_started_), segment_started_) : last_end_->at;
  s.seconds = seconds_ + (open_ ? open_seconds() : 0);
  s.requests = requests_ + (open_ ? open_requests() : 0);
  s.retries = tally_.retries();
  s.http = open_ || !last_end_ ? std::string() : last_end_->http;
  s.pace = pace_;
  if (last_end_) s.found = last_end_->found;
  s.counts = tally_.counts();
  s.doubtful = doubtful_;
  const std::uint64_t done = s.counts.finished();
  s.counts.remaining = first_.job.operations - std::min(first_.job.operations, done);
  // A report's resolution is milliseconds: anything shorter was not measured, and yields no pace.
  const bool measured = s.seconds >= 0.001;
  s.operations_per_second = measured ? static_cast<double>(done - s.counts[Status::invalid]) / s.seconds : 0;
  const auto& latency = tally_.latency();
  s.latency = {latency.count(), latency.percentile(0.5), latency.percentile(0.9), latency.percentile(0.99),
               latency.max()};
  s.captures = tally_.captures();
  s.causes = tally_.causes();
  s.other_causes = tally_.uncounted_causes();
  while (s.causes.size() > most_listed_causes) {
    s.other_causes += s.causes.back().count;
    s.causes.pop_back();
  }
  return s;
}

Result<Summary> summarize(const std::filesystem::path& report, SummaryBuilder& builder, std::uint64_t most_bytes) {
  RecordVisitor* const visitors[] = {&builder};
  const auto scanned = scan_records(report, visitors, most_bytes);
  if (!scanned) return scanned.error();
  return builder.build(report.native());
}

Result<Summary> summarize(const std::filesystem::path& report) {
  SummaryBuilder builder;
  return summarize(report, builder);
}

}  // namespace koobatch::report
