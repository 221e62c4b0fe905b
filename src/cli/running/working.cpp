#include "cli/running/working.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/segment.hpp"
#include "koobatch/core/random_bits.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/fleet/persistently.hpp"
#include "koobatch/fleet/run_choice.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;
using fleet::RunChoice;
using fleet::RunRow;
using fleet::ShiftEnd;

/// Between two looks whether there is a run.
constexpr auto look_interval = 1s;
/// How long a signal may go unnoticed.
constexpr auto signal_interval = 100ms;
/// How long the last results wait for a silent engine.
constexpr Duration interrupted_patience = 10s;
constexpr Duration failover_patience = 60s;
/// A worker that the service does not answer, although it answers others, tries again after this.
constexpr auto cut_off_interval = 30s;

class Working {
 public:
  explicit Working(WorkerMeans means) : means_(std::move(means)) {}

  int run();

 private:
  /// The next run to work on, or an exit status: there is none.
  std::variant<RunRow, int> next_run();
  std::variant<RunRow, int> named_end(const RunChoice& choice);
  /// A shift on this run. Returns an exit status if the worker ends with it.
  std::optional<int> work_on(const RunRow& run);
  std::optional<int> carry_out(fleet::Shift& shift, const RunRow& run);
  std::optional<int> conclude(const fleet::ShiftResult& result, const RunRow& run);
  std::optional<int> after_error(const Error& error);
  std::optional<int> after_standing_back();
  std::optional<int> pass_over(const RunRow& run, const Error& error);
  bool has_ended_meanwhile(const RunRow& run);
  bool must_wait(const RunChoice& choice);
  std::optional<int> after_run(const ShiftEnd& end, const RunRow& run) const;
  void watch_shift(fleet::Shift& shift, const RunRow& run);
  observe::WorkerMetrics metrics_of(const fleet::ShiftGauges& gauges) const;
  bool stays() const { return means_.given.stay; }
  bool interrupted() const { return means_.signals.received() != 0; }
  int interrupted_status() const { return exit_by_signal + means_.signals.received(); }
  bool pause(std::chrono::milliseconds length) const;
  template <class Ask>
  auto persistently(const Ask& ask) const;

  WorkerMeans means_;
  std::set<std::string> passed_over_;  ///< identifiers of runs that are not for this worker
  bool told_waiting_ = false;
  bool has_stood_back_ = false;  ///< see ShiftSettings
  struct Sums {
    std::uint64_t enrolments = 0;
    std::uint64_t dropped = 0;
  } sums_;
};

/// Waits, unless a signal comes. Returns whether none came.
bool Working::pause(std::chrono::milliseconds length) const {
  const TimePoint end = Steady::now() + length;
  while (!interrupted() && Steady::now() < end) std::this_thread::sleep_for(signal_interval);
  return !interrupted();
}

template <class Ask>
auto Working::persistently(const Ask& ask) const {
  bool told = false;
  return fleet::persistently(
      [&] {
        auto answer = ask();
        if (!answer && fleet::may_succeed_later(answer.error()) && !std::exchange(told, true)) {
          spdlog::warn("{}; trying again", answer.error().error.message);
        }
        return answer;
      },
      [this] { return pause(look_interval); });
}

int Working::run() {
  for (;;) {
    auto next = next_run();
    if (const auto* status = std::get_if<int>(&next)) return *status;
    if (const auto status = work_on(std::get<RunRow>(next))) return *status;
  }
}

std::variant<RunRow, int> Working::next_run() {
  const auto endpoint = http::parse_endpoint(means_.given.endpoint);
  for (;;) {
    auto runs = persistently([this] { return means_.rest->runs(); });
    if (interrupted()) return interrupted_status();
    if (!runs) return fail(runs.error().error);
    std::erase_if(*runs, [this](const RunRow& run) { return passed_over_.contains(run.about.run_id); });
    const auto choice = fleet::choose_run(*runs, {endpoint->url(), means_.run_id});
    if (!choice) return fail(choice.error());
    if (choice->kind == RunChoice::Kind::found) return *choice->run;
    if (!must_wait(*choice)) return named_end(*choice);
    if (!pause(look_interval)) return interrupted_status();
  }
}

/// Whether there may be something to do later. Says once what it is waiting for.
bool Working::must_wait(const RunChoice& choice) {
  const bool loading = choice.run != nullptr && choice.run->state == fleet::RunState::loading;
  if (!stays() && !loading) return false;
  if (!std::exchange(told_waiting_, true)) {
    spdlog::info("{}", loading ? fmt::format("waiting until run {} is loaded", choice.run->about.run_id)
                               : fmt::format("waiting for a run for {}", means_.given.endpoint));
  }
  return true;
}

std::variant<RunRow, int> Working::named_end(const RunChoice& choice) {
  if (choice.run == nullptr) {
    return fail(usage_error(fmt::format("the engine has no run for {}; submit one, or wait for the next with --stay",
                                        means_.given.endpoint)));
  }
  const RunRow& run = *choice.run;
  observe::log::print(spdlog::level::info,
                      fmt::format("nothing to do: run {} is {}{}", run.about.run_id, to_string(run.state),
                                  run.reason.empty() ? "" : fmt::format(": {}", run.reason)));
  if (run.state == fleet::RunState::aborted) return exit_fatal;
  return run.state == fleet::RunState::stopped && !run.reason.empty() ? exit_limit : exit_success;
}

/// A worker that stays is not kept from other runs by one that is not for it.
std::optional<int> Working::pass_over(const RunRow& run, const Error& error) {
  if (!stays()) return fail(error);
  spdlog::error("run {} is passed over: {}", run.about.run_id, error.message);
  passed_over_.insert(run.about.run_id);
  return std::nullopt;
}

/// Whether the run has ended since it was chosen, so that nobody can join it.
bool Working::has_ended_meanwhile(const RunRow& run) {
  const auto now = persistently([&] { return means_.rest->run(run.number); });
  const bool ended = now && (now->state == fleet::RunState::stopping || fleet::has_ended(now->state));
  if (ended && !stays()) means_.run_id = run.about.run_id;
  return ended;
}

std::optional<int> Working::work_on(const RunRow& run) {
  auto settings = prepare_shift(means_.given, means_.call, run);
  if (!settings) return pass_over(run, settings.error());
  if (const auto budget = fit_connections(settings->engine); !budget) return fail(budget.error());
  settings->engine.interrupted = [this] { return interrupted(); };
  settings->name = means_.name;
  settings->nonce = random_bits();
  settings->has_stood_back = has_stood_back_;
  auto shift =
      persistently([&] { return fleet::Shift::begin(*settings, *means_.commits, *means_.rest, *means_.state); });
  if (interrupted() && !shift) return interrupted_status();
  if (!shift) return has_ended_meanwhile(run) ? std::nullopt : after_error(shift.error().error);
  return carry_out(**shift, run);
}

observe::WorkerMetrics Working::metrics_of(const fleet::ShiftGauges& gauges) const {
  return {.number = gauges.worker,
          .enrolments = sums_.enrolments,
          .share = gauges.share,
          .parts = gauges.parts,
          .waiting = gauges.waiting,
          .groups = gauges.groups,
          .dropped = sums_.dropped,
          .standing_down = gauges.standing_down};
}

std::optional<int> Working::carry_out(fleet::Shift& shift, const RunRow& run) {
  ++sums_.enrolments;
  told_waiting_ = false;
  spdlog::info("worker {} ({}) works on run {}", shift.gauges().worker, means_.name, run.about.run_id);
  {
    const MetricsOutput::Following following(means_.metrics, shift.run());
    const MetricsOutput::FollowingWorker worker(means_.metrics, [&] { return metrics_of(shift.gauges()); });
    watch_shift(shift, run);
  }
  // A user who interrupts it does not want to wait; otherwise, wait for a failover of the engine.
  return conclude(shift.finish(interrupted() ? interrupted_patience : failover_patience), run);
}

void Working::watch_shift(fleet::Shift& shift, const RunRow& run) {
  observe::ProgressDisplay display(progress_mode(means_.given.progress, means_.given.presentation),
                                   means_.call.console);
  control::Supervisor supervisor(shift.run(), fmt::format("run {}", run.about.run_id), std::nullopt);
  watch(shift.run(), {means_.signals, supervisor, means_.metrics, &display});
}

/// What a worker does after an error that concerns it alone.
std::optional<int> Working::after_error(const Error& error) {
  const int status = fail(error);
  // Not for wrong settings: trying again does not make them right.
  if (!stays() || error.kind == ErrorKind::usage) return status;
  return pause(cut_off_interval) ? std::nullopt : std::optional(interrupted_status());
}

/// The service does not answer this worker, and perhaps answers others. It tries again, whether or not it stays.
std::optional<int> Working::after_standing_back() {
  has_stood_back_ = true;
  spdlog::warn("{} does not answer this worker, which leaves its operations to others that have nothing to do",
               means_.given.endpoint);
  return pause(cut_off_interval) ? std::nullopt : std::optional(interrupted_status());
}

std::optional<int> Working::after_run(const ShiftEnd& end, const RunRow& run) const {
  const bool completed = end.kind == ShiftEnd::Kind::completed;
  spdlog::info("run {} is {}{}", run.about.run_id, completed ? "completed" : "stopped",
               end.error ? fmt::format(": {}", end.error->message) : "");
  if (interrupted()) return interrupted_status();
  if (stays()) return std::nullopt;
  return end.error && !completed ? exit_status(end.error->kind) : exit_success;
}

std::optional<int> Working::conclude(const fleet::ShiftResult& result, const RunRow& run) {
  sums_.dropped += result.dropped;
  if (result.answered) has_stood_back_ = false;
  if (result.dropped != 0) {
    spdlog::warn("{} could not be recorded and {} dropped: the workers that took over send the operations again",
                 count_of(result.dropped, "result"), result.dropped == 1 ? "is" : "are");
  }
  switch (result.end.kind) {
    case ShiftEnd::Kind::fenced:
      spdlog::warn("run {}: others have taken over from this worker, having heard nothing from it; it begins anew",
                   run.about.run_id);
      return interrupted() ? std::optional(interrupted_status()) : std::nullopt;
    case ShiftEnd::Kind::completed:
    case ShiftEnd::Kind::stopped:
      return after_run(result.end, run);
    case ShiftEnd::Kind::cut_off:
      return after_error(fatal_error(fmt::format(
          "{} answers others, but not this worker, which leaves its operations to them", means_.given.endpoint)));
    case ShiftEnd::Kind::stood_back:
      return after_standing_back();
    case ShiftEnd::Kind::lost:
    case ShiftEnd::Kind::failed:
      return after_error(result.end.error.value_or(fatal_error("the engine failed")));
    case ShiftEnd::Kind::ended:
      break;
  }
  if (interrupted()) return interrupted_status();
  if (!result.end.error) return std::nullopt;
  if (result.end.error->kind == ErrorKind::limit && stays()) return std::nullopt;
  return after_error(*result.end.error);
}

}  // namespace

int work_on_runs(WorkerMeans means) {
  return Working(std::move(means)).run();
}

}  // namespace koobatch::cli
