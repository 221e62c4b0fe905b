#include "cli/commands/work.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/running/working.hpp"
#include "cli/settings/recorded.hpp"
#include "koobatch/core/host_name.hpp"
#include "koobatch/fleet/earlier_worker.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

/// How long one answer of the engine may take. Less than a lease: a later answer would be of no use.
constexpr Duration answer_patience = 5s;
constexpr std::size_t run_id_length = 16;
/// A minute older than what the service accepts.
constexpr Duration stale_by = 16min;

/// The path of a folder.
ValueType<std::filesystem::path> folder() {
  auto type = file();
  type.label = "DIR";
  return type;
}

/// What the run says, as `submit` recorded it.
struct RunSays {
  OperationDefaults defaults;
  job::Reading reading;
  job::ValueTreatment values;
  Retries retries;
  Connections connections;  ///< only the rate per user

  auto parts() { return std::tie(defaults, reading, values, retries, connections); }
};

Sending sending_of(const WorkSettings& given) {
  Sending sending;
  sending.target = {.endpoint = given.endpoint, .proxy = given.proxy};
  sending.credentials = given.credentials;
  sending.credentials.tokens_file = given.tokens.tokens_file;
  sending.app = given.app;
  sending.connections = given.connections;
  sending.tls = given.tls;
  sending.metrics = given.metrics;
  return sending;
}

Result<engine::RunSettings> complete_settings(const Sending& sending, const Call& call) {
  auto settings = to_run_settings(sending);
  settings.credentials = sending.credentials;
  return complete(std::move(settings), sending, call);
}

/// A value that the worker's user has given must be the run's as well.
Result<void> check_same(const Call& call, const char* option, const std::string& given, const std::string& run_says) {
  if (given.empty() || given == run_says) return {};
  return usage_error(fmt::format("{} {}: the run was submitted with {}; leave it out, or work on another run",
                                 call.origins[option], given, run_says.empty() ? "none" : run_says));
}

Result<void> use_operations(const WorkSettings& given, const fleet::RunRow& run, engine::RunSettings& settings) {
  const auto& path = given.operations.operations;
  const auto executor = executor_of(settings);
  if (!path.empty()) {
    const auto own = read_operations_file(path, executor);
    if (!own) return own.error();
    if (!run.about.operations_file || run.about.operations_file->xxh3 != own->file.xxh3) {
      return usage_error(
          fmt::format("--operations {}: not the file that run {} was submitted with; leave it out, or "
                      "work on another run",
                      path.string(), run.about.run_id));
    }
  }
  if (run.about.operations_toml.empty()) return {};
  const std::string name = run.about.operations_file ? run.about.operations_file->path : "operations";
  auto parsed = koodrive::parse_operations_file(run.about.operations_toml, name, built_in_operations(executor).rows());
  if (!parsed) return parsed.error();
  const auto known = std::make_shared<const koodrive::OperationsFile>(std::move(*parsed));
  settings.operations = {known, &known->operations};
  settings.operations_file = run.about.operations_file;
  settings.reader.catalogue = settings.operations.get();
  return {};
}

/// The run that was asked for, by its identifier or its report.
Result<std::string> wanted_run(const std::string& run) {
  const bool is_id = run.size() == run_id_length && run.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (run.empty() || (is_id && !std::filesystem::exists(run))) return run;
  const auto record = read_run_line(run);
  if (!record) return record.error();
  if (record->engine.empty()) {
    return usage_error(fmt::format("{}: the run of this report belongs to one process, not to an engine", run));
  }
  return record->run_id;
}

Result<std::unique_ptr<fleet::StateFolder>> open_state(const std::filesystem::path& given) {
  if (!given.empty()) return fleet::StateFolder::open(given);
  const auto folder = fleet::default_state_folder();
  if (!folder.empty()) return fleet::StateFolder::open_free(folder);
  return usage_error("there is no home folder to keep this worker's state in; give --worker-state DIR");
}

/// A free lock proves that the earlier worker is dead: others need not wait for its lease to end.
Result<void> end_earlier(fleet::Ledger& ledger, fleet::StateFolder& state) {
  const auto fate = fleet::end_earlier_worker(ledger, state);
  if (!fate) return fate.error().error;
  switch (*fate) {
    case fleet::EarlierFate::fenced:
      spdlog::info("the worker that had {} before is dead; its operations continue at once", state.path().string());
      break;
    case fleet::EarlierFate::unknown:
      spdlog::warn("{}: this engine does not have the earlier worker's run", state.path().string());
      break;
    case fleet::EarlierFate::lost:
      spdlog::error("the engine has lost results that it had acknowledged: the earlier worker's run is aborted");
      break;
    case fleet::EarlierFate::none:
      break;
  }
  return {};
}

Result<WorkerMeans> gather(const WorkSettings& given, const Call& call, process::SignalWatch& signals,
                           MetricsOutput& metrics) {
  auto run_id = wanted_run(given.run);
  if (!run_id) return run_id.error();
  auto state = open_state(given.worker_state);
  if (!state) return state.error();
  auto rest = open_checked_ledger(given.ledger);
  if (!rest) return rest.error();
  auto commits = open_ledger(given.ledger);
  if (!commits) return commits.error();
  (*rest)->set_patience(answer_patience);
  (*commits)->set_patience(answer_patience);
  if (auto ended = end_earlier(**rest, **state); !ended) return ended.error();
  const auto name = given.name.empty() ? fmt::format("{}/{}", host_name(), ::getpid()) : given.name;
  return WorkerMeans{
      given,   call,   std::move(*run_id), name, std::move(*state), std::move(*commits), std::move(*rest),
      signals, metrics};
}

int run(const WorkSettings& given, const Call& call) {
  auto settings = prepare_work(given, call);
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (auto ok = load_user_tokens(*settings); !ok) return fail(ok.error());
  warn_of_insecurity(*settings);
  process::SignalWatch signals;
  const auto metrics = MetricsOutput::open(given.metrics);
  if (!metrics) return fail(metrics.error());
  auto means = gather(given, call, signals, **metrics);
  if (!means) return (*metrics)->finish(fail(means.error()));
  return (*metrics)->finish(work_on_runs(std::move(*means)));
}

}  // namespace

Result<engine::RunSettings> prepare_work(const WorkSettings& given, const Call& call) {
  if (given.ledger.engine.empty()) {
    return usage_error("the engine is missing: give --engine postgresql://USER@HOST/DATABASE");
  }
  if (given.endpoint.empty()) {
    return usage_error(
        "where to send is missing: give --endpoint URL, the same as the run's. A worker does not take it from the "
        "engine, which could make it send its credentials elsewhere");
  }
  if (call.origins.is_flag("rate-per-user")) {
    return usage_error("--rate-per-user is for the run as a whole: give it to 'koobatch submit'");
  }
  return complete_settings(sending_of(given), call);
}

Result<fleet::ShiftSettings> prepare_shift(const WorkSettings& given, const Call& call, const fleet::RunRow& run) {
  RunSays says;
  if (auto stored = store_recorded(run.about.settings, Groups(says)); !stored) return stored.error();
  if (auto same = check_same(call, "user-id", given.defaults.user_id, says.defaults.user_id); !same) {
    return same.error();
  }
  if (auto same = check_same(call, "language", given.defaults.language, says.defaults.language); !same) {
    return same.error();
  }
  auto sending = sending_of(given);
  sending.operations = says.defaults;
  sending.retries = says.retries;
  sending.connections.rate_per_user = 0;
  auto settings = complete_settings(sending, call);
  if (!settings) return settings.error();
  settings->reader.values = says.values;
  settings->reader.reading = says.reading;
  settings->recorded = run.about.settings;
  if (given.prove_fence) settings->stale_first_attempt = stale_by;
  if (auto ok = check_files(*settings); !ok) return ok.error();
  if (auto ok = load_user_tokens(*settings); !ok) return ok.error();
  if (auto ok = use_operations(given, run, *settings); !ok) return ok.error();
  return fleet::ShiftSettings{
      .run = run, .engine = std::move(*settings), .name = {}, .rate_per_user = says.connections.rate_per_user};
}

const Command& work_command() {
  static const Command command = {
      .name = "work",
      .summary = "Work on runs that were handed over to an engine, together with other machines",
      .group = command_group::many_machines,
      .examples = {"koobatch work --engine postgresql://batch@db1,db2/koobatch --endpoint https://HOST --token-file "
                   "token",
                   "koobatch work --config /etc/koobatch/worker.toml --stay"},
      .own_options =
          {
              {.name = "endpoint",
               .heading = heading::target,
               .help = "The service, as https://HOST or https://HOST:PORT; only runs for it are worked on",
               .store = into(&WorkSettings::endpoint, url())},
              {.name = "proxy",
               .heading = heading::target,
               .help = "HTTP proxy, http://HOST:PORT; reached by CONNECT even for http://, so it sees no token",
               .store = into(&WorkSettings::proxy, url())},
              {.name = "run",
               .heading = heading::engine,
               .help = "The run to work on: its identifier, or its report",
               .otherwise = "the oldest one for this endpoint",
               .store = into(&WorkSettings::run, text("ID|REPORT"))},
              {.name = "worker-state",
               .heading = heading::engine,
               .help = "Folder, on a local disk, for what it needs after a crash",
               .otherwise = "in the user's state folder",
               .store = into(&WorkSettings::worker_state, folder())},
              {.name = "name",
               .heading = heading::engine,
               .help = "This worker's name, for people",
               .otherwise = "host and process",
               .store = into(&WorkSettings::name, text("NAME"))},
              {.name = "stay",
               .heading = heading::engine,
               .help = "Wait for runs, and work on one after another",
               .store = into(&WorkSettings::stay, on_off())},
              {.name = "prove-fence",
               .heading = heading::engine,
               .help = "Find out whether the service refuses a request that is 16 minutes old; status shows it",
               .store = into(&WorkSettings::prove_fence, on_off()),
               .flag_only = true},
          },
      .statuses = {{"0", "the run is complete, or was stopped by its user"},
                   exits::usage,
                   {"4", "the run was stopped: by --max-errors, or because its operations were all refused alike"},
                   {"5", "this worker could not continue: credentials refused, TLS, or the engine failed"},
                   exits::interrupted,
                   {"137", "killed by its own timer at the end of its lease; start it again"}},
      .sends = true,
      .begin = task<WorkSettings, run>};
  return command;
}

}  // namespace koobatch::cli
