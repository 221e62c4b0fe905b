#include "cli/running/collecting.hpp"

#include "cli/running/ledger_access.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

/// How long a collection that follows its run waits for an engine that is away. Nothing is lost by waiting, but
/// somebody should notice in the end.
constexpr Duration engine_patience = 1h;
constexpr Duration between_lines = 5s;
constexpr Duration longest_quiet = 1min;

class Printer final : public fleet::CollectionEvents {
 public:
  Printer(std::uint64_t operations, std::uint64_t before, const std::function<bool()>& interrupted)
      : operations_(operations), done_(before), interrupted_(interrupted), patience_(engine_patience, interrupted) {}

  BootTime now() override { return BootClock::now(); }
  bool interrupted() override { return interrupted_(); }

  void collected(const fleet::Collector::Round& round) override {
    if (away_) spdlog::info("the engine answers again");
    away_ = false;
    done_ += round.results;
    const TimePoint now = Steady::now();
    if (now - printed_ < (done_ == printed_done_ ? longest_quiet : between_lines)) return;
    printed_ = now;
    printed_done_ = done_;
    spdlog::info("collected {} of {}; the run is {}", format_count(done_), count_of(operations_, "operation"),
                 to_string(round.survey.run.state));
  }

  bool wait_to_try_again(const Error& cause) override {
    if (!away_) spdlog::warn("{}; trying again", cause.message);
    away_ = true;
    return patience_();
  }

  void fenced(const fleet::WorkerRow& worker) override {
    spdlog::warn("worker {} ({}) has not been heard from for longer than its lease; it no longer belongs to the run",
                 worker.number, harmless(worker.name));
  }

 private:
  std::uint64_t operations_;
  std::uint64_t done_;
  const std::function<bool()>& interrupted_;
  EnginePatience patience_;
  TimePoint printed_ = Steady::now();
  std::uint64_t printed_done_ = 0;
  bool away_ = false;
};

}  // namespace

Result<void> create_further_report(const std::filesystem::path& path, fleet::Ledger& ledger, fleet::RunNumber run) {
  const auto row = ledger.run(run);
  if (!row) return row.error().error;
  std::string_view line = row->about.run_line;
  if (line.ends_with('\n')) line.remove_suffix(1);
  report::Decoder decoder;
  const auto record =
      report::has_valid_sum(line) ? decoder.run(line) : Result<report::RunRecord>(usage_error("is damaged"));
  if (!record || record->run_id != row->about.run_id) {
    return fatal_error("the engine's description of the run is damaged: no further report can be created");
  }
  auto created = report::create_report(path, row->about.run_line);
  return created ? Result<void>() : created.error();
}

Result<fleet::CollectionEnd> collect_into(const std::filesystem::path& report, fleet::Ledger& ledger,
                                          fleet::RunNumber run, bool follow, const std::function<bool()>& interrupted) {
  const auto row = ledger.run(run);
  if (!row) return row.error().error;
  if (row->state == fleet::RunState::loading) {
    return usage_error(
        fmt::format("{0}: the run is still being submitted; if that has failed, 'koobatch forget {0}' "
                    "removes what was loaded",
                    report.string()));
  }
  auto opened = fleet::open_for_collecting(report);
  if (!opened) return opened.error();
  const auto& scan = opened->collected.scan;
  if (scan.torn()) {
    spdlog::warn("{}: the last {} bytes are torn, as a crash leaves them; they are fetched again", report.string(),
                 scan.bytes - scan.valid_bytes);
  }
  Printer printer(scan.segments.front().run.job.operations, scan.counts.finished(), interrupted);
  fleet::Collector collector(ledger, run, std::move(opened->file), std::move(opened->collected));
  auto ended = fleet::Collection(ledger, run, collector, {.follow = follow}, printer).run();
  if (collector.doubled() != 0) {
    spdlog::error("the engine had a second result for {}, which must never happen; the report has the first ones",
                  count_of(collector.doubled(), "operation"));
  }
  if (!ended) return ended.error().error;
  return *ended;
}

}  // namespace koobatch::cli
