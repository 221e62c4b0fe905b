#include "koobatch/engine/run.hpp"

#include "engine/run_start.hpp"
#include "engine/segment.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>

#include <cassert>
#include <optional>
#include <system_error>
#include <utility>

namespace koobatch::engine {
namespace {

/// Starts the segment's threads. The report exists already, and nothing is sent before all of them are there.
template <class... Arguments>
Result<void> launch(Segment& segment, Arguments&&... arguments) {
  try {
    segment.launch(std::forward<Arguments>(arguments)...);
    return {};
  } catch (const std::system_error& error) {
    return resumable(
        segment.settings(),
        fatal_error(fmt::format("no further thread can be started ({}), and nothing was sent; lower {}, or "
                                "raise the limit on processes (ulimit -u, or that of the container)",
                                error.code().message(), spell(SettingName::threads))));
  }
}

}  // namespace

Run::Run(std::unique_ptr<Segment> segment) : segment_(std::move(segment)) {}
Run::~Run() = default;

Result<std::unique_ptr<Run>> Run::start(const RunSettings& settings, std::shared_ptr<const job::Source> source) {
  auto record = make_record(settings, *source, draw_prefix({}, system_draw()), WallClock::now(), system_draw());
  std::string first_line;
  report::append_line(first_line, record);
  auto segment = std::make_unique<Segment>(settings, std::move(source), std::move(record));
  if (auto prepared = segment->prepare(); !prepared) return prepared.error();
  auto file = settings.report_numbered ? report::create_numbered_report(segment->report_path(), first_line)
                                       : report::create_report(settings.report, first_line, settings.report_private);
  if (!file) return file.error();
  if (settings.report_unnamed) (*file)->give_up_name();
  auto launched =
      launch(*segment, std::move(*file), report::WriterSettings(), Feeder::Progress(), std::optional<report::Counts>());
  if (!launched) return launched.error();
  return std::unique_ptr<Run>(new Run(std::move(segment)));
}

Result<std::unique_ptr<Run>> Run::resume(const RunSettings& settings, std::shared_ptr<const job::Source> source,
                                         Earlier earlier) {
  report::Scan& scan = earlier.scan;
  const auto prefix = draw_prefix(scan.trace_prefixes(), system_draw());
  auto record = make_record(settings, *source, prefix, WallClock::now(), system_draw());
  record.run_id = scan.segments.front().run.run_id;
  record.segment = scan.segments.back().run.segment + 1;
  // append_from() makes everything before it durable; the sync mark records that, so that damage to it is never taken
  // for a torn tail.
  report::WriterSettings writing;
  writing.last_sync = scan.last_sync + 1;
  std::string first_lines;
  report::append_sync_line(first_lines, *writing.last_sync);
  report::append_line(first_lines, record);
  auto segment = std::make_unique<Segment>(settings, std::move(source), std::move(record));
  if (auto prepared = segment->prepare(); !prepared) return prepared.error();
  auto file = std::move(earlier.report).append_from(scan.valid_bytes);
  if (!file) return file.error();
  // Durable before the first request is sent: its trace prefix must never be drawn again.
  if (auto written = (*file)->append(first_lines); !written) return written.error();
  if (auto synced = (*file)->sync(); !synced) return synced.error();
  auto launched = launch(*segment, std::move(*file), writing,
                         Feeder::Progress{std::move(scan.done), scan.has_unclosed_segment(), std::move(scan.unsettled),
                                          std::move(scan.noted)},
                         std::optional(scan.counts));
  if (!launched) return launched.error();
  return std::unique_ptr<Run>(new Run(std::move(segment)));
}

Result<std::unique_ptr<Run>> Run::take_part(const RunSettings& settings, std::shared_ptr<const job::Source> source,
                                            report::RunRecord record, std::unique_ptr<report::JournalFile> journal) {
  assert(settings.report.empty());
  auto segment = std::make_unique<Segment>(settings, std::move(source), std::move(record));
  if (auto prepared = segment->prepare(); !prepared) return prepared.error();
  report::WriterSettings writing;
  writing.sync_lines = false;
  auto launched = launch(*segment, std::move(journal), writing, Feeder::Progress(), std::optional<report::Counts>());
  if (!launched) return launched.error();
  return std::unique_ptr<Run>(new Run(std::move(segment)));
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
  return usage_error(fmt::format(
      "{}: no longer the job of this report ({} bytes, XXH3 {:016x}; recorded are {} bytes, XXH3 "
      "{:016x}); restore it, say where it is now with {}, or start a new run",
      path.string(), digest.bytes, digest.xxh3, recorded.job.bytes, recorded.job.xxh3, spell(SettingName::job)));
}

bool Run::wait(std::chrono::milliseconds patience) {
  return segment_->wait(patience);
}

void Run::interrupt(std::chrono::milliseconds grace) {
  segment_->interrupt(grace);
}

observe::Snapshot Run::snapshot() const {
  return segment_->snapshot();
}

observe::RunMetrics Run::metrics() const {
  return segment_->metrics();
}

const report::RunRecord& Run::record() const {
  return segment_->record();
}

const std::filesystem::path& Run::report() const {
  return segment_->settings().report;
}

bool Run::change_rate(double rate, std::optional<std::uint32_t> burst) {
  return segment_->change_pace([=](flow::Pace& pace) { pace.change_rate(rate, Steady::now(), burst); });
}

bool Run::change_rate_per_user(double rate) {
  return segment_->change_pace([rate](flow::Pace& pace) { pace.change_rate_per_user(rate, Steady::now()); });
}

bool Run::pause() {
  return segment_->change_pace([](flow::Pace& pace) { pace.hold(Steady::now(), flow::Pace::Hold::user); });
}

bool Run::go_on() {
  return segment_->change_pace([](flow::Pace& pace) { pace.release(Steady::now(), flow::Pace::Hold::user); });
}

bool Run::hold() {
  return segment_->change_pace([](flow::Pace& pace) { pace.hold(Steady::now(), flow::Pace::Hold::fleet); });
}

bool Run::release() {
  return segment_->change_pace([](flow::Pace& pace) { pace.release(Steady::now(), flow::Pace::Hold::fleet); });
}

bool Run::pause_for(Duration wait) {
  return segment_->change_pace([wait](flow::Pace& pace) { pace.pause_for(wait, Steady::now()); });
}

std::uint64_t Run::held_refusals() const {
  return segment_->held_refusals();
}

std::optional<Duration> Run::service_clock() const {
  return segment_->service_clock();
}

std::optional<bool> Run::stale_attempt_accepted() const {
  return segment_->stale_attempt_accepted();
}

std::uint64_t Run::left_out() const {
  return segment_->left_out();
}

bool Run::withdraw(std::chrono::milliseconds patience) {
  return segment_->withdraw(patience);
}

RunResult Run::finish() {
  return segment_->finish();
}

}  // namespace koobatch::engine
