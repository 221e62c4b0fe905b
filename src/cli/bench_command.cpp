#include "koobatch/cli/bench_result.hpp"
#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/execution.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/metrics_output.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/room.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/control/supervisor.hpp"

#include <stdlib.h>

#include <algorithm>
#include <string>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// How long a signal may go unnoticed.
constexpr auto longest_wait = 100ms;

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

Result<std::unique_ptr<engine::Run>> start(engine::RunSettings& settings) {
  if (!settings.report.empty()) return engine::Run::start(settings, as_validated(settings));
  const auto scratch = Scratch::create();
  if (!scratch) return scratch.error();
  settings.report = scratch->report();
  return engine::Run::start(settings, as_validated(settings));
}

/// Waits until the job is done, its time is over, or a signal comes.
void watch(engine::Run& run, const SignalWatch& signals, control::Supervisor& supervisor, Duration duration,
           MetricsOutput& metrics) {
  const TimePoint over = duration > Duration::zero() ? Steady::now() + duration : TimePoint::max();
  bool ending = false;
  for (;;) {
    if (!ending && (signals.received() != 0 || Steady::now() >= over)) {
      ending = true;
      run.interrupt(drain_grace);
    }
    const Duration left = ending ? Duration(longest_wait) : over - Steady::now();
    const auto patience = std::clamp<Duration>(left, Duration::zero(), longest_wait);
    if (run.wait(std::chrono::ceil<std::chrono::milliseconds>(patience))) return;
    supervisor.tick(Steady::now());
    if (signals.take_question()) supervisor.print_status();
    metrics.update(Steady::now());
  }
}

int status_of(const BenchResult& result, int signal) {
  if (result.run.error) return exit_status(result.run.error->kind);
  if (signal != 0) return exit_by_signal + signal;
  return result.succeeded() ? exit_success : exit_not_all;
}

int measure(const Invocation& invocation, BenchSettings& bench, const SignalWatch& signals, MetricsOutput& metrics) {
  engine::RunSettings& settings = bench.run;
  const auto simulator = start_embedded(settings, invocation.options.simulator);
  if (!simulator) return fail(simulator.error());
  if (auto fitted = fit_connections(settings); !fitted) return fail(fitted.error());
  const bool may_be_asked = has_room_to_be_asked();
  settings.interrupted = [&signals] { return signals.received() != 0; };
  const bool kept = !settings.report.empty();
  const auto run = start(settings);
  if (!run) return fail_to_start(run.error(), signals);
  const MetricsOutput::Following following(metrics, **run);
  {
    // Of a report that nobody asked to keep nobody knows the name.
    auto server = kept ? open_control((*run)->report(), may_be_asked) : std::nullopt;
    control::Supervisor supervisor(**run, (*run)->report().native(), std::move(server));
    watch(**run, signals, supervisor, bench.duration, metrics);
  }
  const auto counters = (*run)->snapshot();
  const auto result = (*run)->finish();
  const BenchResult shown{settings, result, counters, signals.received() != 0};
  const auto written = write_output(invocation.options.json ? bench_json(shown) + "\n" : bench_text(shown));
  return written ? status_of(shown, signals.received()) : fail(written.error());
}

}  // namespace

int bench_command(const Invocation& invocation) {
  auto bench = finish_bench(invocation.options, WallClock::now());
  if (!bench) return fail(bench.error());
  if (auto ok = check_files(bench->run); !ok) return fail(ok.error());
  warn_of_insecurity(bench->run);
  const SignalWatch signals;
  const auto metrics = MetricsOutput::open(invocation.options.metrics);
  if (!metrics) return fail(metrics.error());
  return (*metrics)->finish(measure(invocation, *bench, signals, **metrics));
}

}  // namespace koobatch::cli
