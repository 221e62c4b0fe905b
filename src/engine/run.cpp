#include "koobatch/engine/run.hpp"

#include "koobatch/core/trace_id.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/engine/feeder.hpp"
#include "koobatch/engine/worker.hpp"
#include "koobatch/job/describe.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/writer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace koobatch::engine {
namespace {

using namespace std::chrono_literals;

/// How long attempts under way may go on when the run is aborted: their results are worth having.
constexpr auto abort_grace = 10s;
/// Users whose tokens are refused are told of one by one, up to so many.
constexpr std::size_t most_told_users = 20;

std::uint64_t random_bits() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

/// A trace prefix that no earlier segment had.
std::uint32_t new_prefix(const std::vector<std::uint32_t>& taken) {
  for (;;) {
    const auto prefix = static_cast<std::uint32_t>(random_bits() & ((1U << trace_prefix_bits) - 1));
    if (std::find(taken.begin(), taken.end(), prefix) == taken.end()) return prefix;
  }
}

report::RunRecord make_record(const RunSettings& settings, const job::Validation& validation, std::uint32_t prefix) {
  report::RunRecord record;
  record.run_id = fmt::format("{:016x}", random_bits());
  record.segment = 1;
  record.version = KOOBATCH_VERSION;
  record.started = WallClock::now();
  record.trace_prefix = prefix;
  record.job.path = std::filesystem::absolute(settings.job).lexically_normal().string();
  record.job.format = to_string(settings.reader.format);
  record.job.bytes = validation.digest.bytes;
  record.job.operations = validation.operations;
  record.job.xxh3 = validation.digest.xxh3;
  record.endpoint = settings.endpoint.url();
  record.parent = settings.parent;
  record.settings = settings.recorded;
  return record;
}

/// "1,000 operations of jobs/rename.ndjson to https://host, recorded in rename.report.ndjson"
std::string describe_start(const RunSettings& settings, const job::Validation& validation) {
  if (settings.synthetic) return fmt::format("a made-up job to {}", settings.endpoint.url());
  return fmt::format("{} of {} to {}, recorded in {}", count_of(validation.operations, "operation"),
                     settings.job.string(), settings.endpoint.url(), settings.report.string());
}

/// "completed: 998 succeeded, 2 rejected"
std::string describe_end(const report::EndRecord& end) {
  std::string text = end.reason + ":";
  auto add = [&, separator = " "](std::uint64_t count, std::string_view name) mutable {
    if (count > 0) text += fmt::format("{}{} {}", std::exchange(separator, ", "), format_count(count), name);
  };
  for (std::size_t i = 0; i < status_names.size(); ++i) add(end.counts.by_status[i], status_names[i]);
  add(end.counts.remaining, "without a result");
  return text;
}

}  // namespace

struct Run::Impl {
  Impl(const RunSettings& s, const job::Validation& v, report::RunRecord r)
      : settings(s),
        validation(v),
        record(std::move(r)),
        pace(settings.pace, Steady::now()),
        first_results(settings.max_errors.text().empty()) {
    pace_seen.rate = settings.pace.rate;
  }
  ~Impl();

  Result<void> prepare();
  Result<void> open_refresh_token();
  void launch(std::unique_ptr<report::JournalFile> file, report::WriterSettings writing, Feeder::Progress progress);
  void feed();
  void abort(Error error, const std::optional<TraceId>& about = {});
  void stop_workers();
  void abandon_workers();
  void check_errors();
  void user_stopped(const job::Operation& operation, const TraceId& attempt, const flow::Outcome& outcome,
                    std::size_t number);
  void tell_of_stopped_users();
  void part_ended();
  void ask_pace(std::function<void(flow::Pace&)> question);
  PaceState look_at_pace();
  bool change_pace(const std::function<void(flow::Pace&)>& change);
  report::Summary summarize(const report::EndRecord& end, bool closed) const;

  RunSettings settings;  ///< the report's name is final once it is created
  const job::Validation validation;
  const report::RunRecord record;
  const TimePoint started = Steady::now();
  flow::Pace pace;
  flow::UniformRejection first_results;
  flow::StoppedUsers stopped_users;
  flow::ClockProof clock;
  OperationLog operation_log;
  std::unique_ptr<auth::Credentials> credentials;
  std::unique_ptr<auth::UserCredentials> user_credentials;  ///< null: everybody is sent with the same
  std::unique_ptr<net::asio::ssl::context> tls;
  std::unique_ptr<report::Writer> writer;
  std::unique_ptr<job::Reader> reader;
  std::optional<report::Counts> before;  ///< what earlier segments came to; nothing in the first
  std::optional<Shared> shared;
  std::optional<auth::RefreshTokenFile> refresh_token_file;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<Renewer> renewer;
  std::unique_ptr<Feeder> feeder;
  std::thread feeding;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::size_t parts_running = 0;  ///< workers and the feeder
  std::optional<Error> error;
  bool interrupted = false;
  PaceState pace_seen;                      ///< how the pace was when a worker last looked
  bool looking = false;                     ///< it is to look again
  std::optional<std::uint64_t> overdue;     ///< what should have been sent when the run was told to end early
  TimePoint give_up_at = TimePoint::max();  ///< when what is still under way is abandoned
};

Run::Impl::~Impl() {
  abandon_workers();
  if (feeding.joinable()) feeding.join();
  for (const auto& worker : workers) worker->join();
  renewer.reset();
  // The writer's thread calls the workers, so it ends before they do.
  writer.reset();
}

/// Everything that can fail before anything is written.
Result<void> Run::Impl::prepare() {
  if (settings.user_tokens) {
    user_credentials = std::make_unique<auth::UserCredentials>(settings.credentials.authorization, settings.user_tokens,
                                                               job::read_tokens_file);
  }
  if (settings.credentials.any() && !settings.user_tokens) {
    auto loaded = auth::Credentials::load(settings.credentials, settings.interrupted);
    if (!loaded) return loaded.error();
    credentials = std::move(*loaded);
    if (auto opened = open_refresh_token(); !opened) return opened;
  } else {
    credentials = auth::Credentials::simulated();
  }
  if (settings.endpoint.tls) {
    auto context = net::make_tls_context(settings.tls);
    if (!context) return context.error();
    tls = std::move(*context);
  }
  auto opened = settings.synthetic ? job::open_synthetic(*settings.synthetic, settings.reader)
                                   : job::open_job(settings.job, settings.reader);
  if (!opened) return opened.error();
  reader = std::move(*opened);
  return {};
}

Result<void> Run::Impl::open_refresh_token() {
  if (settings.credentials.refresh_token_file.empty()) return {};
  auto file = auth::RefreshTokenFile::open(settings.credentials.refresh_token_file);
  if (!file) return file.error();
  const auto token = file->read();
  if (!token) return token.error();
  credentials->hide(token->view());
  refresh_token_file.emplace(std::move(*file));
  return {};
}

void Run::Impl::launch(std::unique_ptr<report::JournalFile> file, report::WriterSettings writing,
                       Feeder::Progress progress) {
  observe::log::begin_run(record.run_id);
  spdlog::info("{}: {}", record.segment == 1 ? "begun" : "resumed", describe_start(settings, validation));
  report::Writer::Callbacks callbacks;
  callbacks.durable = [this](unsigned worker, std::uint64_t number) {
    if (worker < workers.size()) workers[worker]->notify_durable(number);
  };
  callbacks.failed = [this](const Error& cause) {
    abort(cause);
    // Without a report no answer is worth waiting for.
    abandon_workers();
  };
  callbacks.relieved = [this] {
    for (const auto& worker : workers) worker->notify_pace();
  };
  writer = std::make_unique<report::Writer>(std::move(file), std::move(callbacks), writing);
  const auto give_up = [this](Error cause) { abort(std::move(cause)); };
  const auto notify_pace = [this] {
    for (const auto& worker : workers) worker->notify_pace();
  };
  renewer = std::make_unique<Renewer>(Renewer::Parts{settings, pace, clock, *credentials, tls.get(), give_up,
                                                     notify_pace, std::move(refresh_token_file)});
  shared.emplace(Shared{
      .settings = settings,
      .pace = pace,
      .first_results = first_results,
      .stopped_users = stopped_users,
      .clock = clock,
      .credentials = *credentials,
      .renewer = *renewer,
      .user_credentials = user_credentials.get(),
      .writer = *writer,
      .tls = tls.get(),
      .trace_prefix = record.trace_prefix,
      .operation_log = operation_log,
      .abort = [this](Error cause, const std::optional<TraceId>& attempt) { abort(std::move(cause), attempt); },
      .pace_changed = notify_pace,
      .not_succeeded = [this] { check_errors(); },
      .user_stopped = [this](const job::Operation& operation, const TraceId& attempt, const flow::Outcome& outcome,
                             std::size_t number) { user_stopped(operation, attempt, outcome, number); },
      .worker_ended = [this] { part_ended(); },
  });
  std::vector<Inbox*> inboxes;
  for (unsigned i = 0; i < settings.threads; ++i) {
    const unsigned connections =
        settings.connections / settings.threads + (i < settings.connections % settings.threads);
    workers.push_back(std::make_unique<Worker>(i, connections, random_bits(), *shared));
    inboxes.push_back(&workers.back()->inbox());
  }
  feeder = std::make_unique<Feeder>(
      Feeder::Settings{std::move(reader), validation.digest, settings.skip_invalid, settings.threads,
                       settings.job.string(), std::move(progress), settings.selection, settings.user_tokens},
      std::move(inboxes), *writer);
  parts_running = workers.size() + 1;
  renewer->start();
  for (const auto& worker : workers) worker->start();
  feeding = std::thread([this] { feed(); });
}

void Run::Impl::feed() {
  if (auto fed = feeder->run(); !fed) abort(fed.error());
  part_ended();
}

/// Stops the run when more operations went wrong than the user allows.
void Run::Impl::check_errors() {
  observe::Snapshot sum;
  for (const auto& worker : workers) worker->counters().add_to(sum);
  const std::uint64_t errors = sum[Status::rejected] + sum[Status::failed] + sum[Status::unknown];
  if (!settings.max_errors.exceeded(errors, sum.finished())) return;
  abort(
      {ErrorKind::limit, fmt::format("{} of {} operations did not succeed, more than --max-errors {} allows{}", errors,
                                     sum.finished(), settings.max_errors.text(),
                                     advice(settings, fmt::format("; see '{}', then go on with '{} --max-errors N'",
                                                                  report::report_command(settings.report.native()),
                                                                  report::resume_command(settings.report.native()))))});
}

/// The service refused a user's token for good. Called once for each user.
void Run::Impl::user_stopped(const job::Operation& operation, const TraceId& attempt, const flow::Outcome& outcome,
                             std::size_t number) {
  const std::string said = outcome.said();
  if (number <= most_told_users) {
    observe::log::write(
        spdlog::level::err, attempt,
        fmt::format("user {}: {} refused the token on {} (HTTP {}{}); nothing more is sent for this user",
                    job::quote(operation.user()), settings.endpoint.url(), user_credentials->place_of(operation.user()),
                    outcome.http, said));
  } else if (number == most_told_users + 1) {
    spdlog::error("the tokens of more than {} users are refused; from here on they are only counted", most_told_users);
  }
  if (!stopped_users.hopeless()) return;
  abort(fatal_error(fmt::format(
      "{} refused the tokens of the first {} users and took nobody's (HTTP {}{}); they were sent as 'Authorization: "
      "{}'. Put good ones into {}, or choose another form with --authorization, e.g. 'Bearer {{token}}'; then run "
      "'{}'",
      settings.endpoint.url(), number, outcome.http, said, user_credentials->form(), user_credentials->file(),
      report::resume_command(settings.report.native()))));
}

/// After the workers' end. What was left out makes a run aborted that would be completed otherwise.
void Run::Impl::tell_of_stopped_users() {
  if (stopped_users.size() == 0) return;
  flow::LeftOut left_out;
  for (const auto& worker : workers) left_out += worker->left_out();
  std::string text = fmt::format("the service refused the tokens of {} (HTTP 401): {} of theirs",
                                 count_of(stopped_users.size(), "user"), count_of(left_out.of_stopped, "operation"));
  if (left_out.of_others != 0) {
    text += fmt::format(", and {} of others that must not overtake them on the same folder or album,",
                        format_count(left_out.of_others));
  }
  text += fmt::format(" stay without a result. Put new tokens into {}, then run '{}'", user_credentials->file(),
                      report::resume_command(settings.report.native()));
  const std::lock_guard guard(mutex);
  if (error || interrupted) {
    spdlog::warn("{}", text);
  } else {
    spdlog::error("{}", text);
    error = fatal_error(std::move(text));
  }
}

void Run::Impl::part_ended() {
  const std::lock_guard guard(mutex);
  --parts_running;
  changed.notify_all();
}

void Run::Impl::abort(Error cause, const std::optional<TraceId>& about) {
  {
    const std::lock_guard guard(mutex);
    if (error) return;
    if (about) {
      observe::log::write(spdlog::level::err, *about, cause.message);
    } else {
      spdlog::error("{}", cause.message);
    }
    error = std::move(cause);
    give_up_at = std::min(give_up_at, Steady::now() + abort_grace);
    if (!overdue) overdue = pace.overdue(Steady::now());
    changed.notify_all();
  }
  stop_workers();
}

void Run::Impl::stop_workers() {
  for (const auto& worker : workers) worker->stop();
}

void Run::Impl::abandon_workers() {
  for (const auto& worker : workers) worker->abandon();
}

/// Where several threads use the pace it has a lock; otherwise it belongs to the only worker, which is asked to do it
/// as soon as it can.
void Run::Impl::ask_pace(std::function<void(flow::Pace&)> question) {
  if (settings.pace.shared) {
    question(pace);
  } else {
    workers.front()->post([this, question = std::move(question)] { question(pace); });
  }
}

/// How the pace was at most one call ago, or is, once nobody changes it any more.
PaceState Run::Impl::look_at_pace() {
  {
    const std::lock_guard guard(mutex);
    if (parts_running == 0) return pace.state(Steady::now());
    if (std::exchange(looking, true)) return pace_seen;
  }
  ask_pace([this](flow::Pace& asked) {
    const PaceState state = asked.state(Steady::now());
    const std::lock_guard guard(mutex);
    pace_seen = state;
    looking = false;
  });
  const std::lock_guard guard(mutex);
  return pace_seen;
}

/// Changes the pace, and waits until that is done. False if the run ended before.
bool Run::Impl::change_pace(const std::function<void(flow::Pace&)>& change) {
  const auto done = std::make_shared<bool>(false);
  {
    const std::lock_guard guard(mutex);
    if (parts_running == 0) return false;
  }
  ask_pace([this, change, done](flow::Pace& asked) {
    change(asked);
    const PaceState state = asked.state(Steady::now());
    const std::lock_guard guard(mutex);
    pace_seen = state;
    *done = true;
    changed.notify_all();
  });
  for (const auto& worker : workers) worker->notify_pace();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return *done || parts_running == 0; });
  return *done;
}

/// `closed`: with the end in the report. Otherwise its disk failed, and workers have counted what it does not hold.
report::Summary Run::Impl::summarize(const report::EndRecord& end, bool closed) const {
  if (before || !closed) {
    report::SummaryBuilder written;
    if (auto whole = report::summarize(settings.report, written)) {
      if (closed) return *whole;
      written.end_segment(end);
      return written.build(settings.report.string());
    }
  }
  report::SummaryBuilder builder;
  builder.begin_segment(record);
  for (const auto& worker : workers) builder.merge(worker->tally());
  builder.merge(feeder->tally());
  builder.end_segment(end);
  return builder.build(settings.report.string());
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;

Result<std::unique_ptr<Run>> Run::start(const RunSettings& settings, const job::Validation& validation) {
  auto record = make_record(settings, validation, new_prefix({}));
  std::string first_line;
  report::append_line(first_line, record);
  auto impl = std::make_unique<Impl>(settings, validation, std::move(record));
  if (auto prepared = impl->prepare(); !prepared) return prepared.error();
  auto file = settings.report_numbered ? report::create_numbered_report(impl->settings.report, first_line)
                                       : report::create_report(settings.report, first_line);
  if (!file) return file.error();
  impl->launch(std::move(*file), {}, {});
  return std::unique_ptr<Run>(new Run(std::move(impl)));
}

Result<std::unique_ptr<Run>> Run::resume(const RunSettings& settings, const job::Validation& validation,
                                         Earlier earlier) {
  report::Scan& scan = earlier.scan;
  auto record = make_record(settings, validation, new_prefix(scan.trace_prefixes()));
  record.run_id = scan.segments.front().run.run_id;
  record.segment = scan.segments.back().run.segment + 1;
  // append_from() makes all before it durable; the mark says so, so that damage to it is never taken for a torn tail.
  report::WriterSettings writing;
  writing.last_sync = scan.last_sync + 1;
  std::string first_lines;
  report::append_sync_line(first_lines, *writing.last_sync);
  report::append_line(first_lines, record);
  auto impl = std::make_unique<Impl>(settings, validation, std::move(record));
  if (auto prepared = impl->prepare(); !prepared) return prepared.error();
  impl->before = scan.counts;
  auto file = std::move(earlier.report).append_from(scan.valid_bytes);
  if (!file) return file.error();
  // Durable before the first request leaves: its trace prefix must never be drawn again.
  if (auto written = (*file)->append(first_lines); !written) return written.error();
  if (auto synced = (*file)->sync(); !synced) return synced.error();
  impl->launch(std::move(*file), writing,
               {std::move(scan.done), scan.has_unclosed_segment(), std::move(scan.unsettled), std::move(scan.noted)});
  return std::unique_ptr<Run>(new Run(std::move(impl)));
}

Result<Earlier> read_earlier(const std::filesystem::path& path) {
  auto locked = report::LockedReport::open(path);
  if (!locked) return locked.error();
  auto scan = report::scan(path);
  if (!scan) return scan.error();
  return Earlier{std::move(*locked), std::move(*scan)};
}

Result<void> check_same_job(const report::RunRecord& recorded, const std::filesystem::path& path,
                            const job::Digest& digest) {
  if (digest == job::Digest{recorded.job.bytes, recorded.job.xxh3}) return {};
  return usage_error(
      fmt::format("{}: not the job of this report any more ({} bytes, XXH3 {:016x}; recorded are {} bytes, XXH3 "
                  "{:016x}); restore it, "
                  "name where it lies now with --job, or start a new run",
                  path.string(), digest.bytes, digest.xxh3, recorded.job.bytes, recorded.job.xxh3));
}

bool Run::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait_for(lock, patience, [this] { return impl_->parts_running == 0; });
  if (impl_->parts_running == 0) return true;
  if (Steady::now() < impl_->give_up_at) return false;
  impl_->give_up_at = TimePoint::max();
  lock.unlock();
  impl_->abandon_workers();
  return false;
}

void Run::interrupt(std::chrono::milliseconds grace) {
  {
    const std::lock_guard guard(impl_->mutex);
    impl_->interrupted = true;
    if (!impl_->overdue) impl_->overdue = impl_->pace.overdue(Steady::now());
    impl_->give_up_at = std::min(impl_->give_up_at, Steady::now() + grace);
  }
  impl_->stop_workers();
}

observe::Snapshot Run::snapshot() const {
  observe::Snapshot sum;
  sum.operations = impl_->validation.operations;
  if (impl_->before) sum.by_status = impl_->before->by_status;
  for (const auto& worker : impl_->workers) worker->counters().add_to(sum);
  impl_->feeder->counters().add_to(sum);
  sum.pace = impl_->look_at_pace();
  const std::lock_guard guard(impl_->mutex);
  sum.ending = impl_->interrupted || impl_->error;
  return sum;
}

observe::RunMetrics Run::metrics() const {
  observe::RunMetrics metrics{impl_->record.run_id, impl_->record.segment, snapshot(), {}, 0};
  for (const auto& worker : impl_->workers) {
    if (const auto* counters = worker->request_counters()) counters->add_to(metrics.requests);
  }
  metrics.token_refreshes = impl_->renewer->renewals();
  if (impl_->user_credentials) metrics.token_refreshes += impl_->user_credentials->rereads();
  return metrics;
}

const report::RunRecord& Run::record() const {
  return impl_->record;
}

const std::filesystem::path& Run::report() const {
  return impl_->settings.report;
}

bool Run::change_rate(double rate) {
  return impl_->change_pace([rate](flow::Pace& pace) { pace.change_rate(rate, Steady::now()); });
}

bool Run::pause() {
  return impl_->change_pace([](flow::Pace& pace) { pace.hold(Steady::now(), flow::Pace::Hold::user); });
}

bool Run::go_on() {
  return impl_->change_pace([](flow::Pace& pace) { pace.release(Steady::now(), flow::Pace::Hold::user); });
}

RunResult Run::finish() {
  impl_->feeding.join();
  for (const auto& worker : impl_->workers) worker->join();
  impl_->renewer->stop();
  impl_->tell_of_stopped_users();

  report::EndRecord end;
  const auto sum = snapshot();
  end.segment = impl_->record.segment;
  end.counts.by_status = sum.by_status;
  end.counts.remaining = sum.remaining();
  end.at = WallClock::now();
  end.seconds = seconds(Steady::now() - impl_->started);
  end.requests = sum.requests;
  end.pace = impl_->pace.counts();
  for (const auto& worker : impl_->workers) {
    const auto lines = worker->unsettled();
    end.unsettled.insert(end.unsettled.end(), lines.begin(), lines.end());
  }
  std::sort(end.unsettled.begin(), end.unsettled.end());

  const auto conclude = [&] {
    end.reason = impl_->error                                      ? "aborted"
                 : impl_->interrupted && end.counts.remaining != 0 ? "interrupted"
                                                                   : "completed";
    if (impl_->error) end.error = impl_->error->message;
  };
  conclude();
  std::string line;
  report::append_line(line, end);
  const auto closed = impl_->writer->close(line);
  if (!closed && !impl_->error) {
    {
      const std::lock_guard guard(impl_->mutex);
      impl_->error = closed.error();
    }
    conclude();
  }
  RunResult result{impl_->summarize(end, closed.has_value()), impl_->error, {}};
  // What was counted, but did not reach a disk that failed, is no result.
  if (!closed) end.counts = result.summary.counts;
  spdlog::info("{}", describe_end(end));
  for (const auto& worker : impl_->workers) {
    if (const auto* measured = worker->measurements()) result.measurements.merge(*measured);
  }
  result.measurements.never_sent = impl_->overdue.value_or(0);
  const bool endless = impl_->settings.synthetic && impl_->settings.synthetic->endless();
  if (!endless) result.measurements.never_sent = std::min(result.measurements.never_sent, end.counts.remaining);
  return result;
}

}  // namespace koobatch::engine
