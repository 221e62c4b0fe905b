#include "koobatch/fleet/collector.hpp"

#include "fleet/chunk_codec.hpp"
#include "fleet/line_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::fleet {
namespace {

/// How many bytes of packed groups are asked for at once, and of lines gathered before they are appended.
constexpr std::size_t groups_bytes = std::size_t{1} << 20;
constexpr std::size_t batch_bytes = std::size_t{4} << 20;

std::string key_of(const WorkerRow& worker) {
  return report::enrolment_key(worker.number, worker.nonce);
}

Failure forgotten(std::string message) {
  return {Fault::forgotten, fatal_error(std::move(message))};
}

Failure missing(GroupNumber group, const std::string& key) {
  return forgotten(fmt::format("the engine has lost results that it had acknowledged: group {} of worker {} is missing",
                               group, key));
}

Failure refused(Error error) {
  return {Fault::refused, std::move(error)};
}

/// The trace prefix and times that results refer to.
report::WorkerRecord record_of(const WorkerRow& worker, WallTime now) {
  return {.key = key_of(worker),
          .name = worker.name,
          .state = std::string(to_string(worker.state)),
          .trace_prefix = worker.trace_prefix,
          .enrolled = worker.enrolled,
          .last_beat = now - std::chrono::duration_cast<WallClock::duration>(worker.since_beat),
          .requests = worker.counts.requests};
}

}  // namespace

Collector::Collector(Ledger& ledger, RunNumber run, std::unique_ptr<report::JournalFile> file, Collected collected)
    : ledger_(ledger),
      run_(run),
      file_(std::move(file)),
      record_(collected.scan.segments.front().run),
      counts_before_(collected.scan.counts),
      filter_(std::make_unique<LineFilter>(std::move(collected.scan.done), std::move(collected.uncovered))),
      cursors_(std::move(collected.cursors)),
      workers_(std::move(collected.workers)),
      next_sync_(collected.scan.last_sync + 1) {}

Collector::~Collector() = default;

Answer<Collector::Round> Collector::collect() {
  auto survey = ledger_.survey(run_);
  const std::uint64_t connection = ledger_.connection();
  if (!survey) return confirmed(survey.error(), connection);
  if (auto ok = check_memory(*survey); !ok) return confirmed(ok.error(), connection);
  Round round{.survey = std::move(*survey)};
  for (const WorkerRow& worker : round.survey.workers) {
    if (auto ok = collect_from(worker, round.results); !ok) return confirmed(ok.error(), connection);
  }
  if (auto ok = write_out(); !ok) return ok.error();
  const RunState state = round.survey.run.state;
  // A completed run has all its results, even if some workers have yet to leave.
  round.ended = state == RunState::completed || (has_ended(state) && !round.survey.any_alive());
  return round;
}

report::Counts Collector::counts() const {
  report::Counts counts = counts_before_;
  for (std::size_t i = 0; i < counts.by_status.size(); ++i) counts.by_status[i] += filter_->counts().by_status[i];
  counts.remaining = record_.job.operations - std::min(record_.job.operations, counts.finished());
  return counts;
}

bool Collector::has_result(std::uint32_t line) const {
  return filter_->done().contains(line);
}

std::uint64_t Collector::doubled() const {
  return filter_->doubled();
}

Result<void> Collector::close(const report::EndRecord& end) {
  std::string line;
  report::append_line(line, end);
  if (auto appended = file_->append(line); !appended) return appended;
  if (auto synced = file_->sync(); !synced) return synced;
  return file_->check();
}

/// That something is missing was only read, perhaps from a server that has been replaced: it is certain once a write
/// has been acknowledged over the same connection.
Failure Collector::confirmed(Failure failure, std::uint64_t connection) {
  if (failure.fault != Fault::forgotten) return failure;
  if (auto written = ledger_.confirm(); !written) return written.error();
  if (ledger_.connection() == connection) return failure;
  return {Fault::unanswered, fatal_error("the connection to the engine has broken while results were read")};
}

/// Whether the ledger still has everything that it has shown before.
Answer<void> Collector::check_memory(const Survey& survey) const {
  for (const auto& [key, cursor] : cursors_) {
    const auto worker = std::ranges::find(survey.workers, key, key_of);
    const GroupNumber group = worker == survey.workers.end() ? 0 : worker->group;
    if (group >= cursor) continue;
    return forgotten(
        fmt::format("the engine has lost results that it had acknowledged: of worker {} it has {} groups, "
                    "and {} were collected",
                    key, group, cursor));
  }
  return {};
}

Answer<void> Collector::collect_from(const WorkerRow& worker, std::uint64_t& results) {
  note_worker(worker);
  const std::string key = key_of(worker);
  while (cursors_[key] < worker.group) {
    const auto rows = ledger_.groups(run_, worker.number, cursors_[key], groups_bytes);
    if (!rows) return rows.error();
    if (rows->empty()) {
      return missing(cursors_[key] + 1, key);
    }
    const std::uint64_t before = filter_->counts().finished();
    for (const JournalRow& row : *rows) {
      if (auto taken = take(worker, row); !taken) return taken;
    }
    results += filter_->counts().finished() - before;
    if (lines_.size() < batch_bytes) continue;
    if (auto written = write_out(); !written) return written;
  }
  return {};
}

Answer<void> Collector::take(const WorkerRow& worker, const JournalRow& row) {
  const std::string key = key_of(worker);
  if (row.group.number != cursors_[key] + 1) {
    return missing(cursors_[key] + 1, key);
  }
  const auto lines = unpack_lines(row.group.packed);
  const auto appended = lines ? filter_->append(lines_, *lines) : Result<void>(lines.error());
  if (!appended) {
    return refused(
        fatal_error(fmt::format("group {} of worker {} in the engine is damaged: {}; restore the engine "
                                "from a backup",
                                row.group.number, key, appended.error().message)));
  }
  cursors_[key] = changed_[key] = row.group.number;
  return {};
}

void Collector::note_worker(const WorkerRow& worker) {
  // Without a group, and without requests whose results are lost, it has done nothing.
  if (worker.group == 0 && worker.counts.requests == 0) return;
  const auto record = record_of(worker, WallClock::now());
  const auto known = workers_.find(record.key);
  if (known != workers_.end() && known->second.state == record.state) return;
  report::append_line(lines_, record);
  workers_[record.key] = record;
}

Answer<void> Collector::write_out() {
  if (lines_.empty() && changed_.empty()) return {};
  std::string batch;
  // Everything before it is durable: it was synchronised, or cut and synchronised when the report was opened.
  report::append_sync_line(batch, next_sync_);
  batch += lines_;
  if (!changed_.empty())
    report::append_line(batch, report::CollectedRecord{WallClock::now(), {changed_.begin(), changed_.end()}});
  if (auto appended = file_->append(batch); !appended) return refused(appended.error());
  if (auto synced = file_->sync(); !synced) return refused(synced.error());
  ++next_sync_;
  lines_.clear();
  changed_.clear();
  return {};
}

Result<OpenedReport> open_for_collecting(const std::filesystem::path& path) {
  auto locked = report::LockedReport::open(path);
  if (!locked) return locked.error();
  auto collected = read_collected(path);
  if (!collected) return collected.error();
  if (collected->scan.ended()) return usage_error(path.native() + ": everything has been collected; nothing to do");
  auto file = std::move(*locked).append_from(collected->scan.valid_bytes);
  if (!file) return file.error();
  return OpenedReport{std::move(*file), std::move(*collected)};
}

}  // namespace koobatch::fleet
