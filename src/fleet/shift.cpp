#include "koobatch/fleet/shift.hpp"

#include "fleet/attendant.hpp"
#include "fleet/fleet_source.hpp"
#include "fleet/kernel_timer.hpp"
#include "koobatch/fleet/persistently.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace koobatch::fleet {
namespace {

using namespace std::chrono_literals;

/// How long to wait for the ledger with what it can do without.
constexpr Duration farewell_patience = 10s;
constexpr auto retry_interval = 200ms;
constexpr auto early_beat_interval = 2s;

class KernelAlarm final : public Alarm {
 public:
  explicit KernelAlarm(KernelTimer timer) : timer_(std::move(timer)) {}
  void arm(BootTime at) override { timer_.arm(at); }
  void disarm() override { timer_.disarm(); }

 private:
  KernelTimer timer_;
};

/// The limits are the whole run's: a worker knows only its own part, so its engine has none, unless the first results
/// are all alike.
flow::ErrorLimit engine_limit(const RunRow& run) {
  constexpr std::string_view never = "100%";
  return run.about.max_errors.empty() ? flow::ErrorLimit() : *flow::ErrorLimit::parse(never);
}

Result<RunLimits> run_limits(const RunRow& run) {
  if (run.about.max_errors.empty()) return RunLimits(flow::ErrorLimit());
  auto limit = flow::ErrorLimit::parse(run.about.max_errors);
  if (!limit) return limit.error();
  return RunLimits(std::move(*limit));
}

job::Source::Identity identity_of(const RunRow& run) {
  return {.path = run.about.job.path,
          .format = job::Format::ndjson,
          .digest = {run.about.job.bytes, run.about.job.xxh3},
          .verified = true};
}

report::RunRecord record_of(const ShiftSettings& settings, const Enrolment& me) {
  report::RunRecord record;
  record.run_id = settings.run.about.run_id;
  record.version = KOOBATCH_VERSION;
  record.started = WallClock::now();
  record.job = settings.run.about.job;
  record.endpoint = settings.engine.endpoint.url();
  record.trace_prefix = me.trace_prefix;
  return record;
}

}  // namespace

/// In the order of their lifetimes.
struct Shift::Parts {
  Parts(const ShiftSettings& s, Ledger& c, Ledger& r, StateFolder& folder, KernelTimer timer)
      : settings(s), commits(c), rest(r), state(folder), alarm(std::move(timer)), lease(s.run.about.lease, alarm) {}

  const ShiftSettings settings;
  Ledger& commits;
  Ledger& rest;
  StateFolder& state;
  Enrolment me;
  const std::shared_ptr<SharedBook> book = std::make_shared<SharedBook>();
  const std::shared_ptr<FeedQueue> queue = std::make_shared<FeedQueue>();
  VitalSigns vitals;
  KernelAlarm alarm;
  LeaseKeeper lease;
  std::optional<LeaseThread> lease_thread;
  std::optional<CommitEvents> events;
  std::optional<GroupCommitter> committer;
  std::unique_ptr<engine::Run> run;
  std::optional<RunControl> control;
  std::optional<Attendant> attendant;
  std::thread attendant_thread;
};

namespace {

Answer<void> enrol(Shift::Parts& parts) {
  const auto renewal = parts.lease.begin_renewal();
  const auto enrolled = parts.rest.enrol(parts.settings.run.number, parts.settings.name, parts.settings.nonce);
  if (!enrolled) return enrolled.error();
  parts.me = *enrolled;
  const WorkerMemory memory{
      .run_id = parts.settings.run.about.run_id, .run = parts.settings.run.number, .enrolment = parts.me};
  if (auto remembered = parts.state.remember(memory); !remembered) {
    static_cast<void>(parts.rest.leave(parts.me, {}));
    return Failure{Fault::refused, remembered.error()};
  }
  parts.lease.acknowledged(renewal);
  return {};
}

/// Beats until the attendant does: the first token may take long to obtain.
class EarlyBeats {
 public:
  explicit EarlyBeats(Shift::Parts& parts)
      : thread_([&parts, this](const std::stop_token& stop) { beat(parts, stop); }) {}

 private:
  void beat(Shift::Parts& parts, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    while (!changed_.wait_for(lock, stop, early_beat_interval, [&] { return stop.stop_requested(); })) {
      const auto renewal = parts.lease.begin_renewal();
      if (parts.rest.beat(parts.me, {})) parts.lease.acknowledged(renewal);
    }
  }

  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses the other
};

Result<void> start_engine(Shift::Parts& parts) {
  const EarlyBeats beats(parts);
  parts.events.emplace(*parts.book, parts.vitals, parts.lease);
  parts.committer.emplace(parts.commits, parts.me, *parts.events);
  engine::RunSettings settings = parts.settings.engine;
  settings.gate = &parts.lease;
  settings.delivery_limit = parts.settings.run.about.lease;
  settings.max_errors = engine_limit(parts.settings.run);
  settings.pace.rate_per_user = parts.settings.rate_per_user;
  auto source = std::make_shared<FleetSource>(parts.settings.run.about.job.path, identity_of(parts.settings.run),
                                              settings.reader, parts.book, parts.queue);
  auto run = engine::Run::take_part(settings, std::move(source), record_of(parts.settings, parts.me),
                                    std::make_unique<GroupJournal>(*parts.committer));
  if (!run) return run.error();
  parts.run = std::move(*run);
  parts.control.emplace(*parts.run);
  parts.lease.engage(*parts.control);
  return {};
}

void start_attendant(Shift::Parts& parts, RunLimits limits) {
  parts.attendant.emplace(AttendantMeans{.ledger = parts.rest,
                                         .run = parts.settings.run,
                                         .me = parts.me,
                                         .book = *parts.book,
                                         .queue = *parts.queue,
                                         .committer = *parts.committer,
                                         .events = *parts.events,
                                         .vitals = parts.vitals,
                                         .lease = parts.lease,
                                         .state = parts.state,
                                         .engine = *parts.control,
                                         .rate_per_user = parts.settings.rate_per_user,
                                         .has_stood_back = parts.settings.has_stood_back},
                          std::move(limits));
  parts.attendant_thread = std::thread([&attendant = *parts.attendant] { attendant.work(); });
}

/// Asks until the ledger answers, or for as long as a worker that is ending waits for it.
template <class Ask>
auto patiently(const Ask& ask) {
  const TimePoint end = Steady::now() + farewell_patience;
  return persistently(ask, [end] {
    std::this_thread::sleep_for(retry_interval);
    return Steady::now() < end;
  });
}

/// The last worker of a run that is stopping says that it has stopped.
void end_run_if_last(Ledger& ledger, RunNumber run) {
  const auto survey = ledger.survey(run);
  if (!survey || survey->run.state != RunState::stopping) return;
  if (!survey->any_alive()) static_cast<void>(ledger.stop_run(run, RunState::stopped, survey->run.reason));
}

/// Also says what was found out: the attendant may have ended before it knew.
void report_fence_proof(Ledger& ledger, RunNumber run, bool accepted) {
  const auto proof = accepted ? FenceProof::refuted : FenceProof::proven;
  if (accepted) {
    spdlog::warn(
        "the service accepted a request that was dated 16 minutes too early: it would also accept what a worker sends "
        "that was stopped together with its clocks");
  } else {
    spdlog::info("the service refused a request that was dated 16 minutes too early, as it should");
  }
  if (const auto told = patiently([&] { return ledger.record_fence_proof(run, proof); }); !told) {
    spdlog::warn("{}", told.error().error.message);
  }
}

/// Tells the ledger how the run ends, if this worker knows.
void report_end(Ledger& ledger, RunNumber run, const ShiftResult& result) {
  const auto tell = [&](RunState state, const std::string& reason) {
    const auto told = patiently([&] { return ledger.stop_run(run, state, reason); });
    if (!told) spdlog::error("{}", told.error().error.message);
  };
  if (result.end.kind == ShiftEnd::Kind::lost) return tell(RunState::aborted, result.end.error->message);
  const auto& error = result.engine.error;
  if (error && error->kind == ErrorKind::limit) tell(RunState::stopping, error->message);
}

/// The parts with operations that may have been sent, and have no result.
std::vector<PartNumber> parts_in_doubt(Shift::Parts& parts, const ShiftResult& result) {
  return parts.book->with([&](PartBook& book) {
    // Of which parts results were dropped is not known.
    return result.dropped != 0 ? book.owned() : book.parts_of(result.engine.unsettled);
  });
}

/// Whether the ledger knows that the enrolment is over.
bool leave(Shift::Parts& parts, const ShiftResult& result) {
  if (result.end.kind == ShiftEnd::Kind::fenced || result.end.kind == ShiftEnd::Kind::lost) return true;
  const auto in_doubt = parts_in_doubt(parts, result);
  const auto left = patiently([&] { return parts.rest.leave(parts.me, in_doubt); });
  if (left) return true;
  spdlog::warn("could not tell the engine that this worker has left: {}", left.error().error.message);
  return left.error().fault == Fault::fenced;
}

}  // namespace

Shift::Shift(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Shift::~Shift() {
  if (parts_->attendant_thread.joinable()) {
    parts_->events->give_up_after(Duration::zero());
    parts_->attendant->stop();
    parts_->attendant_thread.join();
  }
  parts_->lease.terminate();
  parts_->lease.disengage();
}

Answer<std::unique_ptr<Shift>> Shift::begin(const ShiftSettings& settings, Ledger& commits, Ledger& rest,
                                            StateFolder& state) {
  const auto refused = [](const Error& error) { return Failure{Fault::refused, error}; };
  auto limits = run_limits(settings.run);
  if (!limits) return refused(limits.error());
  auto timer = KernelTimer::create();
  if (!timer) return refused(timer.error());
  std::unique_ptr<Shift> shift(new Shift(std::make_unique<Parts>(settings, commits, rest, state, std::move(*timer))));
  Parts& parts = *shift->parts_;
  parts.lease_thread.emplace(parts.lease);
  if (auto enrolled = enrol(parts); !enrolled) return enrolled.error();
  if (auto started = start_engine(parts); !started) {
    if (parts.rest.leave(parts.me, {})) static_cast<void>(state.forget());
    return refused(started.error());
  }
  start_attendant(parts, std::move(*limits));
  return shift;
}

engine::Run& Shift::run() {
  return *parts_->run;
}

ShiftGauges Shift::gauges() const {
  const Parts& parts = *parts_;
  ShiftGauges gauges{.worker = parts.me.number,
                     .share = parts.attendant->share(),
                     .groups = parts.committer->last_group(),
                     .standing_down = parts.lease.is_down()};
  parts.book->with([&](PartBook& book) {
    gauges.parts = book.owned_parts();
    gauges.waiting = book.waiting_lines();
  });
  return gauges;
}

ShiftResult Shift::finish(Duration patience) {
  Parts& parts = *parts_;
  parts.events->give_up_after(patience);
  ShiftResult result;
  result.engine = parts.run->finish();
  parts.attendant->stop();
  parts.attendant_thread.join();
  result.end = parts.attendant->end().value_or(ShiftEnd());
  if (!result.end.error) result.end.error = result.engine.error;
  result.dropped = result.engine.summary.unrecorded;
  result.answered = result.engine.summary.counts.finished() != 0 || parts.run->service_clock().has_value();
  parts.lease.terminate();
  parts.lease.disengage();
  if (const auto accepted = parts.run->stale_attempt_accepted()) {
    report_fence_proof(parts.rest, parts.settings.run.number, *accepted);
  }
  report_end(parts.rest, parts.settings.run.number, result);
  result.left = leave(parts, result);
  if (result.left) {
    if (auto forgotten = parts.state.forget(); !forgotten) spdlog::warn("{}", forgotten.error().message);
    end_run_if_last(parts.rest, parts.settings.run.number);
  }
  return result;
}

}  // namespace koobatch::fleet
