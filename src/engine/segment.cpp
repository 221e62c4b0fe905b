#include "engine/segment.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace koobatch::engine {
namespace {

/// "completed: 998 succeeded, 2 rejected"
std::string describe_counts(const report::EndRecord& end) {
  std::string text = end.reason + ":";
  auto add = [&, separator = " "](std::uint64_t count, std::string_view name) mutable {
    if (count > 0) text += fmt::format("{}{} {}", std::exchange(separator, ", "), format_count(count), name);
  };
  for (std::size_t i = 0; i < status_names.size(); ++i) add(end.counts.by_status[i], status_names[i]);
  add(end.counts.remaining, "without a result");
  return text;
}

/// "; 12 results that were counted are not in the report"
std::string describe_unrecorded(const report::Summary& summary) {
  if (summary.unrecorded == 0) return {};
  return fmt::format("; {} that were counted are not in the report", count_of(summary.unrecorded, "result"));
}

}  // namespace

Segment::Decisions::Decisions(const RunSettings& settings)
    : pace(settings.pace, Steady::now()),
      quota_question(settings.ask_quota),
      stale_attempt(settings.stale_first_attempt),
      first_results(settings.max_errors.text().empty()),
      refusals(settings.max_errors.text().empty(), settings.threads, settings.endpoint.url()) {}

Segment::Segment(const RunSettings& settings, std::shared_ptr<const job::Source> source, report::RunRecord record)
    : settings_(settings), source_(std::move(source)), record_(std::move(record)), decisions_(settings_) {}

Segment::~Segment() {
  source_->stop_waiting();
  abandon_workers();
  if (feeding_.thread.joinable()) feeding_.thread.join();
  for (const auto& worker : workers_) worker->join();
  renewer_.reset();
  // The writer's thread calls the workers, so it must end before they do.
  writer_.reset();
}

Result<void> Segment::prepare() {
  auto access = open_access(settings_);
  if (!access) return access.error();
  access_ = std::move(*access);
  auto reader = source_->open();
  if (!reader) return Error{reader.error().kind, reader.error().message + ". Nothing was sent"};
  feeding_.reader = std::move(*reader);
  return {};
}

void Segment::launch(std::unique_ptr<report::JournalFile> file, report::WriterSettings writing,
                     Feeder::Progress progress, std::optional<report::Counts> before) {
  observe::log::begin_run(record_.run_id);
  spdlog::info("{}: {}", record_.segment == 1 ? "begun" : "resumed", describe_start(settings_, *source_));
  before_ = std::move(before);
  report::WriterEvents& events = *this;
  writer_ = std::make_unique<report::Writer>(std::move(file), events, writing);
  renewer_ =
      std::make_unique<Renewer>(Renewer::Parts{settings_, decisions_.pace, decisions_.clock, *access_.credentials,
                                               access_.tls.get(), *this, std::move(access_.refresh_token_file)});
  shared_.emplace(SharedParts{.settings = settings_,
                              .pace = decisions_.pace,
                              .quota_question = decisions_.quota_question,
                              .stale_attempt = decisions_.stale_attempt,
                              .first_results = decisions_.first_results,
                              .refusals = decisions_.refusals,
                              .stopped_users = decisions_.stopped_users,
                              .clock = decisions_.clock,
                              .writer = *writer_,
                              .tls = access_.tls.get(),
                              .trace_prefix = record_.trace_prefix,
                              .operation_log = operation_log_,
                              .events = *this});
  std::vector<Inbox*> inboxes;
  for (unsigned i = 0; i < settings_.threads; ++i) {
    const unsigned connections =
        settings_.connections / settings_.threads + (i < settings_.connections % settings_.threads);
    workers_.push_back(
        std::make_unique<Worker>(i, connections, system_draw().bits(), *shared_, make_credential_policy()));
    inboxes.push_back(&workers_.back()->inbox());
  }
  feeding_.feeder = std::make_unique<Feeder>(
      Feeder::Settings{std::move(feeding_.reader), settings_.skip_invalid, settings_.threads, source_->name(),
                       std::move(progress), settings_.selection, settings_.user_tokens},
      std::move(inboxes), *writer_);
  lifecycle_.begin(workers_.size() + 1);
  renewer_->start();
  for (const auto& worker : workers_) worker->start();
  feeding_.thread = std::thread([this] { feed(); });
}

std::unique_ptr<CredentialPolicy> Segment::make_credential_policy() {
  if (access_.user_credentials) {
    return std::make_unique<UserTokensPolicy>(*access_.user_credentials, decisions_.stopped_users);
  }
  if (settings_.app_key) return std::make_unique<AppSignaturePolicy>(*access_.credentials);
  return std::make_unique<SharedTokenPolicy>(*access_.credentials, *renewer_);
}

void Segment::feed() {
  if (auto fed = feeding_.feeder->run(); !fed) {
    feeding_.job_unusable = true;
    stop(JobUnusable{fed.error()});
  }
  lifecycle_.part_ended();
}

void Segment::stop(StopReason reason, const std::optional<TraceId>& attempt) {
  // Whether anything will be left to resume is known only once the requests in flight have their results. If they may
  // be the last, finish() gives the advice.
  const Error error = describe(reason, settings_, !may_leave_nothing(reason));
  if (!lifecycle_.stop(std::move(reason), Steady::now())) return;
  if (attempt) {
    observe::log::write(spdlog::level::err, *attempt, error.message);
  } else {
    spdlog::error("{}", error.message);
  }
  stop_workers();
}

void Segment::pace_changed() {
  for (const auto& worker : workers_) worker->notify_pace();
}

/// Stops the run if more operations have failed than the user allows.
void Segment::operation_failed() {
  observe::Snapshot sum;
  for (const auto& worker : workers_) worker->statistics().counters().add_to(sum);
  const auto held = decisions_.refusals.held();
  const std::uint64_t errors = sum[Status::rejected] + sum[Status::failed] + sum[Status::unknown] + held.count;
  const std::uint64_t finished = sum.finished() + held.count;
  if (!settings_.max_errors.exceeded(errors, finished)) return;
  // Before the workers are stopped: refusals that they still receive must not become final.
  decisions_.refusals.stop();
  stop(TooManyErrors{errors, finished, held.count, held.answer});
}

void Segment::durable(unsigned worker, std::uint64_t number) {
  if (worker < workers_.size()) workers_[worker]->notify_durable(number);
}

/// Handles a failed disk, or a lost report.
void Segment::failed(const Error& cause) {
  stop(ReportUnusable{cause});
  // Without a report no answer is worth waiting for.
  abandon_workers();
}

void Segment::stop_workers() {
  // The feeder may be waiting for operations instead of a worker.
  source_->stop_waiting();
  for (const auto& worker : workers_) worker->stop();
}

void Segment::abandon_workers() {
  for (const auto& worker : workers_) worker->abandon();
}

bool Segment::wait(std::chrono::milliseconds patience) {
  if (lifecycle_.wait(patience)) return true;
  if (lifecycle_.take_overdue(Steady::now())) abandon_workers();
  return false;
}

void Segment::interrupt(std::chrono::milliseconds grace) {
  lifecycle_.interrupt(Steady::now(), grace);
  stop_workers();
}

std::optional<Duration> Segment::service_clock() const {
  const auto accepted = decisions_.clock.accepted();
  return accepted ? accepted : decisions_.clock.suggested();
}

std::uint64_t Segment::left_out() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->statistics().left_out();
  return sum;
}

bool Segment::withdraw(std::chrono::milliseconds patience) {
  const TimePoint until = Steady::now() + patience;
  for (const auto& worker : workers_) worker->withdraw();
  return std::ranges::all_of(workers_, [&](const auto& worker) { return worker->has_withdrawn(until); });
}

/// The counters of all parts.
observe::Snapshot Segment::count() const {
  observe::Snapshot sum;
  sum.operations = operations_of(settings_, *source_).value_or(0);
  if (before_) sum.by_status = before_->by_status;
  for (const auto& worker : workers_) worker->statistics().counters().add_to(sum);
  feeding_.feeder->counters().add_to(sum);
  return sum;
}

observe::Snapshot Segment::snapshot() const {
  observe::Snapshot sum = count();
  sum.pace = decisions_.pace.state(Steady::now());
  sum.ending = lifecycle_.ending();
  const MutexLock lock(recorded_.mutex);
  if (recorded_.counts) sum.by_status = recorded_.counts->by_status;
  return sum;
}

observe::RunMetrics Segment::metrics() const {
  observe::RunMetrics metrics{record_.run_id, record_.segment, snapshot(), {}, 0};
  for (const auto& worker : workers_) {
    if (const auto* counters = worker->statistics().request_counters()) counters->add_to(metrics.requests);
  }
  metrics.token_refreshes = renewer_->renewals();
  if (access_.user_credentials) metrics.token_refreshes += access_.user_credentials->rereads();
  return metrics;
}

/// Precondition: the workers have ended. A run that would be complete otherwise counts as stopped if operations were
/// left out.
void Segment::report_left_out_users() {
  if (decisions_.stopped_users.size() == 0) return;
  flow::LeftOut left_out;
  for (const auto& worker : workers_) left_out += worker->left_out();
  const UsersLeftOut reason{decisions_.stopped_users.size(), left_out.of_stopped, left_out.of_others,
                            access_.user_credentials->file()};
  // Whoever ends this part of a run that is shared does so because nothing else is left, and it must be known why.
  const bool counts = lifecycle_.add_reason(reason, settings_.report.empty());
  spdlog::log(counts ? spdlog::level::err : spdlog::level::warn, "{}", describe(reason, settings_).message);
}

/// Precondition: the feeder has ended; it reports the change itself if that stopped it. Everything sent was what had
/// been validated, but `retry` and `resume` will need the original job.
void Segment::warn_of_changed_job() const {
  if (feeding_.job_unusable) return;
  const auto change = source_->find_change();
  if (!change) return;
  spdlog::warn(
      "{}: the job {}; it was validated before, and nothing but what was validated then was sent. What it holds now "
      "needs a run of its own; '{}', '{}' and '{} {}' need it as it was",
      source_->name(), *change, to_string(CommandName::resume), to_string(CommandName::retry),
      to_string(CommandName::report), spell(SettingName::failed));
}

/// Precondition: the workers have ended.
std::optional<Error> Segment::why_stopped() const {
  const auto reason = lifecycle_.reason();
  if (!reason) return std::nullopt;
  const bool remaining = !may_leave_nothing(*reason) || !source_->operations() || count().remaining() != 0;
  return describe(*reason, settings_, remaining);
}

/// Precondition: the workers have ended.
report::EndRecord Segment::describe_end() const {
  report::EndRecord end;
  end.segment = record_.segment;
  end.at = WallClock::now();
  end.seconds = seconds(Steady::now() - started_);
  end.pace = decisions_.pace.counts();
  end.found = decisions_.pace.state(Steady::now()).found;
  end.limits = decisions_.pace.limit_changes(started_);
  for (const auto& worker : workers_) {
    const auto lines = worker->unsettled();
    end.unsettled.insert(end.unsettled.end(), lines.begin(), lines.end());
  }
  std::sort(end.unsettled.begin(), end.unsettled.end());
  const auto sum = snapshot();
  end.counts.by_status = sum.by_status;
  end.counts.remaining = sum.remaining();
  end.requests = sum.requests;
  end.http = to_string(sum.http);
  conclude(end);
  return end;
}

/// Adds why the segment ends, as far as is known.
void Segment::conclude(report::EndRecord& end) const {
  const auto error = why_stopped();
  end.reason = error ? "aborted" : lifecycle_.interrupted() && end.counts.remaining != 0 ? "interrupted" : "completed";
  end.error = error ? error->message : std::string();
  end.next_step = error && error->next_step ? std::optional(*error->next_step) : std::nullopt;
}

/// For a run whose report has been closed.
report::Summary Segment::summarize(const report::EndRecord& end) const {
  if (before_) {
    const auto whole = report::summarize(settings_.report);
    if (whole && whole->run.run_id == record_.run_id) return *whole;
  }
  return sum_up_counted(end);
}

/// From the counts of this segment's workers.
report::Summary Segment::sum_up_counted(const report::EndRecord& end) const {
  report::SummaryBuilder builder;
  builder.begin_segment(record_);
  for (const auto& worker : workers_) builder.merge(worker->statistics().tally());
  builder.merge(feeding_.feeder->tally());
  builder.end_segment(end);
  return builder.build(settings_.report.string());
}

/// For a run whose journal failed: the workers have counted results that are not in it.
report::Summary Segment::sum_up_recorded(const report::EndRecord& end) const {
  report::Summary summary = sum_up_written(end);
  if (const auto recorded = writer_->recorded()) summary.counts.by_status = recorded->by_status;
  const std::uint64_t counted = end.counts.finished();
  summary.unrecorded = counted - std::min(counted, summary.counts.finished());
  return summary;
}

/// For a run whose disk failed, or whose report is lost. The file under its name may be anything.
report::Summary Segment::sum_up_written(const report::EndRecord& end) const {
  const auto build = [&](report::SummaryBuilder& builder) {
    builder.end_segment(end);
    auto summary = builder.build(settings_.report.string());
    summary.report_lost = writer_->lost();
    return summary;
  };
  if (const auto [file, bytes] = writer_->remains(); !file.empty()) {
    report::SummaryBuilder written;
    const auto found = report::summarize(file, written, bytes);
    if (found && found->run.run_id == record_.run_id) return build(written);
  }
  report::SummaryBuilder nothing;
  nothing.begin_segment(record_);
  return build(nothing);
}

Measurements Segment::measurements(std::uint64_t remaining) const {
  Measurements sum;
  for (const auto& worker : workers_) {
    if (const auto* measured = worker->statistics().measurements()) sum.merge(*measured);
  }
  const auto ending_since = lifecycle_.ending_since();
  sum.never_sent = ending_since ? decisions_.pace.overdue(*ending_since) : 0;
  if (source_->operations()) sum.never_sent = std::min(sum.never_sent, remaining);
  return sum;
}

RunResult Segment::finish() {
  feeding_.thread.join();
  for (const auto& worker : workers_) worker->join();
  renewer_->stop();
  report_left_out_users();

  auto end = describe_end();
  std::string line;
  if (!settings_.report.empty()) report::append_line(line, end);
  const auto closed = writer_->close(line);
  // Until the writer was closed, its thread could still stop the run: then the line was not written, and its reason is
  // incomplete.
  if (!closed) conclude(end);
  RunResult result{closed ? summarize(end) : sum_up_recorded(end), why_stopped(), {}};
  if (!closed) {
    // A result that was counted, but is in no report, does not count as one.
    const MutexLock lock(recorded_.mutex);
    recorded_.counts = end.counts = result.summary.counts;
  }
  warn_of_changed_job();
  spdlog::info("{}{}", describe_counts(end), describe_unrecorded(result.summary));
  if (const auto reason = lifecycle_.reason(); reason && end.next_step && may_leave_nothing(*reason)) {
    spdlog::error("{}", advise_on_rest(*reason, *end.next_step, end.counts.remaining));
  }
  result.measurements = measurements(end.counts.remaining);
  result.unsettled = std::move(end.unsettled);
  return result;
}

}  // namespace koobatch::engine
