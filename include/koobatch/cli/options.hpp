#pragma once
#include "koobatch/auth/credentials.hpp"
#include "koobatch/control/protocol.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/observe/metrics.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/sim/simulator.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// How a verb shows itself.
struct Presentation {
  observe::ProgressMode progress = observe::ProgressMode::automatic;
  observe::log::Format log_format = observe::log::Format::text;
  bool verbose = false;
  bool quiet = false;
};

/// Where the metrics of a run go.
struct MetricsOptions {
  std::string address;  ///< --metrics-addr; empty: nobody may scrape
  std::string file;     ///< --metrics-file; empty: none is written
  std::vector<observe::Metrics::Label> labels;

  bool any() const { return !address.empty() || !file.empty(); }
};

/// What the options of any verb say, each value checked by itself; how they go together is checked by finish_run() and
/// finish_simulate(). Starts out with the defaults.
struct Options {
  Presentation presentation;
  MetricsOptions metrics;
  std::optional<job::Format> format;  ///< --format; otherwise the file's extension decides
  std::string endpoint;               ///< --endpoint as given
  std::string proxy;                  ///< --proxy as given
  bool simulate = false;
  std::string report;        ///< --report as given: FILE or DIR/
  std::string job;           ///< --job; empty: where the report says
  std::string failed;        ///< --failed of `report`; empty: no such job is wanted
  std::string csv;           ///< --csv of `report`; empty: no such file is wanted
  std::string html;          ///< --html of `report`; the same
  control::Request request;  ///< of `set`
  bool pause = false;        ///< of `set`
  bool go = false;           ///< of `set`
  bool dry_run = false;
  bool json = false;
  struct Schedule {
    std::string lock;         ///< --lock; empty: there is none
    Duration lock_wait{};     ///< 0: not at all
    std::string on_complete;  ///< --on-complete as given
    Duration on_complete_timeout = std::chrono::minutes(5);
  } schedule;
  struct Bench {
    std::uint64_t operations = 0;  ///< 0: not said
    Duration duration{};           ///< 0: not said
    bool confirmed = false;
    std::vector<std::string> folders;
    std::vector<std::string> albums;
  } bench;
  engine::RunSettings run;
  sim::SimulatorSettings simulator;
  auth::AppSettings simulator_app;            ///< of `simulate`: the app whose signatures are verified
  auth::CredentialSettings simulator_tokens;  ///< of `simulate`: where the tokens it takes are
  /// The first of the simulator's options on the command line, for the message if there is no simulator to use it.
  std::string simulator_flag;
  /// Where the options that are set come from, by their names: see origin().
  std::map<std::string, std::string, std::less<>> origins;

  /// What errors call an option: "KOOBATCH_RATE" or "koobatch.toml:3: rate" for where it is set, otherwise "--rate".
  std::string origin(std::string_view option) const;
};

/// Checks how the options of `run` go together, and fills in what depends on job and time. All errors are usage errors.
/// With --simulate the endpoint stays empty: it is known once the simulator runs.
Result<engine::RunSettings> finish_run(const Options& options, const std::filesystem::path& job, WallTime now);

/// The same for `resume`, with what the report says of the job.
Result<engine::RunSettings> finish_resume(const Options& options, const std::filesystem::path& report,
                                          const report::RunRecord& recorded);

/// The same for `retry`. `exists` tells which names are taken, for a default name of the new report.
Result<engine::RunSettings> finish_retry(const Options& options, const std::filesystem::path& report,
                                         const report::RunRecord& recorded,
                                         const std::function<bool(const std::filesystem::path&)>& exists);

/// The same for `set`.
Result<control::Request> finish_set(const Options& options);

/// The same for `simulate`.
Result<sim::SimulatorSettings> finish_simulate(const Options& options);

/// What `bench` is to do.
struct BenchSettings {
  engine::RunSettings run;  ///< `report` is empty if nobody wants to keep it
  Duration duration{};      ///< 0: until all operations are done
};
/// The same for `bench`.
Result<BenchSettings> finish_bench(const Options& options, WallTime now);

/// --format, or what the extension says.
Result<job::Format> choose_format(const Options& options, const std::filesystem::path& job);

/// Where the report of a retry goes: FILE as it is; DIR/, a folder that is there, and nothing give the first name made
/// of the old report's that is not taken: x.report.ndjson and x.retry-1.report.ndjson give x.retry-2.report.ndjson, in
/// DIR/ or beside it.
std::filesystem::path retry_report_path(const std::string& report, const std::filesystem::path& old,
                                        const std::function<bool(const std::filesystem::path&)>& exists);

/// Where the report goes: FILE as it is; DIR/, a folder that is there, and no --report at all (empty) give a name made
/// of the job's.
std::filesystem::path report_path(const std::string& report, const std::filesystem::path& job, WallTime now);

}  // namespace koobatch::cli
