#include "koobatch/cli/bench_result.hpp"
#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/execution.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"

#include <stdlib.h>

#include <string>
#include <utility>

namespace koobatch::cli {
namespace {

namespace fs = std::filesystem;

/// A folder for the report that nobody asked to keep. A run holds its report open, so that the folder may go before it
/// ends.
class Scratch {
 public:
  static Result<Scratch> create() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "koobatch-bench-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return usage_error(name + ": cannot create this folder for the report; set TMPDIR to another, or name --report");
    }
    return Scratch(name);
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  fs::path report() const { return path_ / "bench.report.ndjson"; }

 private:
  explicit Scratch(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

job::Validation as_validated(const engine::RunSettings& settings) {
  job::Validation validation;
  if (!settings.synthetic->endless()) validation.operations = settings.synthetic->operations;
  return validation;
}

Result<std::unique_ptr<engine::Run>> start(const engine::RunSettings& settings) {
  if (!settings.report.empty()) return engine::Run::start(settings, as_validated(settings));
  const auto scratch = Scratch::create();
  if (!scratch) return scratch.error();
  auto placed = settings;
  placed.report = scratch->report();
  return engine::Run::start(placed, as_validated(settings));
}

int status_of(const BenchResult& result, int signal) {
  if (result.run.error) return exit_status(result.run.error->kind);
  if (signal != 0) return exit_by_signal + signal;
  return result.succeeded() ? exit_success : exit_not_all;
}

int print_result(const BenchResult& result, bool as_json, int signal) {
  const auto written = write_output(as_json ? bench_json(result) + "\n" : bench_text(result));
  return written ? status_of(result, signal) : fail(written.error());
}

int measure(const Invocation& invocation, BenchSettings& bench, SignalWatch& signals, MetricsOutput& metrics) {
  engine::RunSettings& settings = bench.run;
  const auto work = [&](engine::Run& run, bool may_be_asked) {
    {
      // Of a report that nobody asked to keep nobody knows the name.
      auto server = settings.report.empty() ? std::nullopt : open_control(run.report(), may_be_asked);
      control::Supervisor supervisor(run, run.report().native(), std::move(server));
      watch(run, {signals, supervisor, metrics}, bench.duration);
    }
    const auto counters = run.snapshot();
    const auto result = run.finish();
    return print_result({settings, result, counters, signals.received() != 0}, invocation.options.json,
                        signals.received());
  };
  return with_segment(settings, invocation.options.simulator, start, signals, metrics, work);
}

}  // namespace

int bench_command(const Invocation& invocation) {
  auto bench = finish_bench(invocation.options, WallClock::now());
  if (!bench) return fail(bench.error());
  if (auto ok = check_files(bench->run); !ok) return fail(ok.error());
  warn_of_insecurity(bench->run);
  SignalWatch signals;
  const auto metrics = MetricsOutput::open(invocation.options.metrics);
  if (!metrics) return fail(metrics.error());
  return (*metrics)->finish(measure(invocation, *bench, signals, **metrics));
}

}  // namespace koobatch::cli
