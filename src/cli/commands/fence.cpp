#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <thread>
#include <tuple>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  LedgerOptions ledger;
  bool machine_is_off = false;

  auto parts() { return std::tie(presentation, ledger); }
};

Result<fleet::WorkerRow> find_worker(const FleetRun& run, const std::string& word) {
  const auto number = parse_count(word, 1, std::numeric_limits<std::int64_t>::max());
  if (!number) return usage_error(fmt::format("'{}' is not the number of a worker: {}", word, number.error().message));
  auto survey = run.ledger->survey(run.number);
  if (!survey) return survey.error().error;
  const auto found =
      std::ranges::find(survey->workers, static_cast<fleet::WorkerNumber>(*number), &fleet::WorkerRow::number);
  if (found != survey->workers.end()) return *found;
  return usage_error(fmt::format("the run has no worker {}; 'koobatch status' lists them", word));
}

/// A worker that is alive beats at least every two seconds.
constexpr std::chrono::seconds certain_silence{5};

Error is_alive(const fleet::WorkerRow& worker) {
  return usage_error(
      fmt::format("worker {} ({}) is alive: it has just given a sign of life", worker.number, worker.name));
}

/// The worker, once it has been found silent: the user may have given a wrong number.
Result<fleet::WorkerRow> find_silent(const FleetRun& run, const std::string& word) {
  auto worker = find_worker(run, word);
  if (!worker || worker->state != fleet::WorkerState::alive || worker->since_beat >= certain_silence) return worker;
  std::this_thread::sleep_for(certain_silence);
  auto later = find_worker(run, word);
  if (!later || later->beat == worker->beat) return later;
  return is_alive(*worker);
}

Result<std::string> fence(const FleetRun& run, const fleet::WorkerRow& worker) {
  if (worker.state == fleet::WorkerState::left) return std::string("has left already; nothing to do");
  if (worker.state == fleet::WorkerState::fenced) {
    const auto ended = run.ledger->end_holds(run.number, worker.number);
    if (!ended) return ended.error().error;
    if (*ended != 0) {
      return fmt::format("was fenced already; in {}, what follows its operations in doubt no longer waits",
                         count_of(*ended, "part"));
    }
    return std::string("has been fenced already; what follows its operations in doubt waits for the run's hold");
  }
  const auto fenced = run.ledger->fence(worker.number, worker.beat, Duration::zero());
  if (!fenced) return fenced.error().error;
  if (*fenced) return std::string("fenced; others take over what it had");
  return is_alive(worker);
}

int run(const Settings& given, const Call& call) {
  if (!given.machine_is_off) {
    return fail(usage_error(
        "this lets others send at once what the worker may still be sending: give --machine-is-off if its machine is "
        "switched off, or its process is certain to be gone; otherwise wait for its lease to end"));
  }
  const auto run = open_fleet_run(call.arguments[0], given.ledger);
  if (!run) return fail(run.error());
  const auto worker = find_silent(*run, call.arguments[1]);
  if (!worker) return fail(worker.error());
  const auto done = fence(*run, *worker);
  if (!done) return fail(done.error());
  return print_answer(fmt::format("worker {} ({}): {}\n", worker->number, worker->name, *done));
}

}  // namespace

const Command& fence_command() {
  static const Command command = {
      .name = "fence",
      .summary = "Take over at once from a worker whose machine is off",
      .group = command_group::many_machines,
      .arguments = {{.name = "REPORT", .help = "The report of the run", .is_path = true},
                    {.name = "WORKER", .help = "Its number, as 'koobatch status' shows it"}},
      .examples = {"koobatch fence rename.report.ndjson 3 --machine-is-off"},
      .own_options = {{.name = "machine-is-off",
                       .heading = heading::engine,
                       .help = "Certify that nothing of this worker can be sent any more",
                       .store = into(&Settings::machine_is_off, on_off()),
                       .flag_only = true}},
      .statuses = {exits::done, {"2", "wrong usage, or the worker is alive"}, exits::engine_failed},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
