#include "cli/running/submitted_job.hpp"

#include "cli/exit_status.hpp"
#include "cli/running/judgement.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/resumed.hpp"
#include "cli/settings/recorded.hpp"
#include "koobatch/core/random_bits.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/fleet/loader.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

using Prepared = std::variant<SubmittedJob, int>;

/// The text of the file with further operations, if it is still the one that the job was validated with.
Result<std::string> read_operations(const report::OperationsRecord& file) {
  std::ifstream in(file.path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in && XXH3_64bits(text.data(), text.size()) == file.xxh3) return text;
  return usage_error(fmt::format("{}: was changed, or can no longer be read", file.path));
}

/// The run that is continued: it has ended, and nobody can add to its report.
Result<RunBefore> read_ended(const std::filesystem::path& path) {
  // Released at once: nothing but a resumed run could add to it, and the engine's results are all in it.
  const auto locked = report::LockedReport::open(path);
  if (!locked) return locked.error();
  auto scan = report::scan(path);
  if (!scan) return scan.error();
  if (auto ok = check_sends(scan->segments.front().run); !ok) return ok.error();
  if (!scan->segments.front().run.engine.empty() && !scan->ended()) {
    const NextStep step = {.command = CommandName::collect, .report = path.string()};
    return with_next_step(
        usage_error(fmt::format("{}: the run has not ended, or not all of its results have been collected; run '{}'",
                                path.string(), spell(step))),
        step);
  }
  return RunBefore{path, std::move(*scan)};
}

std::uint64_t operations_of(const SubmittedJob& job) {
  return job.settings.selection ? job.settings.selection->lines.size() : job.validation.operations;
}

/// What a run has left is one run, however often it is submitted.
std::string run_id_after(const RunBefore& before) {
  const auto text = before.scan.segments.front().run.run_id + ", the rest";
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

report::RunRecord record_of(const job::FileSource& source, const SubmittedJob& job, const std::string& url) {
  const auto identity = source.identity();
  const auto taken = job.before ? job.before->scan.trace_prefixes() : std::vector<std::uint32_t>();
  report::RunRecord record;
  record.run_id = job.before ? run_id_after(*job.before) : fmt::format("{:016x}", random_bits());
  record.version = KOOBATCH_VERSION;
  record.started = WallClock::now();
  record.trace_prefix = draw_apart(taken, random_bits);
  record.job = {.path = identity.path,
                .format = std::string(to_string(identity.format)),
                .bytes = identity.digest.bytes,
                .operations = operations_of(job),
                .xxh3 = identity.digest.xxh3,
                .verified = identity.verified};
  record.endpoint = job.settings.endpoint.url();
  record.operations = job.settings.operations_file;
  record.parent = job.settings.parent;
  record.engine = url;
  record.settings = job.settings.recorded;
  return record;
}

}  // namespace

Result<Prepared> new_job(engine::RunSettings settings) {
  if (auto ok = load_operations(settings); !ok) return ok.error();
  auto validation = job::validate(settings.job, settings.reader);
  if (!validation) return validation.error();
  settings.reader.expected = validation->fingerprint;
  if (const auto status = judge(settings, *validation)) return Prepared(*status);
  return Prepared(SubmittedJob{std::move(settings), std::move(*validation)});
}

Result<Prepared> job_to_repeat(engine::RunSettings settings, const std::filesystem::path& report,
                               const Origins& origins) {
  auto lineage = read_retryable(report);
  if (!lineage) return lineage.error();
  auto validation = reopen_job(settings, report, lineage->run, lineage->verified, origins);
  if (!validation) return validation.error();
  if (auto selected = select_part(settings, std::move(*lineage), report); !selected) return selected.error();
  const auto& selection = *settings.selection;
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: {} to repeat{}", report.string(), count_of(selection.lines.size(), "operation"),
                                  describe_left_out(selection)));
  if (selection.lines.size() == 0) return Prepared(exit_success);
  return Prepared(SubmittedJob{std::move(settings), std::move(*validation)});
}

Result<Prepared> rest_of_job(engine::RunSettings settings, const std::filesystem::path& report,
                             const Origins& origins) {
  auto before = read_ended(report);
  if (!before) return before.error();
  const auto& recorded = before->scan.segments.front().run;
  const auto remaining = before->scan.counts.remaining;
  if (remaining == 0) {
    observe::log::print(spdlog::level::info,
                        fmt::format("{}: every operation has its result already; nothing to submit", report.string()));
    return Prepared(exit_success);
  }
  auto validation = reopen_job(settings, report, recorded, before->scan.verified(), origins);
  if (!validation) return validation.error();
  if (auto selected = select_again(settings, recorded); !selected) return selected.error();
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: {} without a result", report.string(), count_of(remaining, "operation")));
  return Prepared(SubmittedJob{std::move(settings), std::move(*validation), std::move(*before)});
}

std::optional<WallTime> sends_until(const RunBefore& before) {
  const auto& segment = before.scan.segments.back();
  const auto& end = segment.end;
  // The process of a run without an engine is known to be dead.
  if (segment.run.engine.empty() || !end || (end->unsettled.empty() && !end->all_unsettled)) return std::nullopt;
  const fleet::RunDescription defaults;
  const auto recorded = parse_recorded(segment.run.settings);
  const auto length = [&](std::string_view name, Duration otherwise) {
    const auto found = recorded ? recorded->find(name) : Flags::const_iterator();
    if (!recorded || found == recorded->end()) return otherwise;
    const auto parsed = parse_duration(found->second.front());
    return parsed ? *parsed : otherwise;
  };
  const Duration wait = length("lease", defaults.lease) + length("hold", defaults.hold);
  return end->at + std::chrono::duration_cast<WallClock::duration>(wait);
}

std::uint32_t draw_apart(std::span<const std::uint32_t> taken, const std::function<std::uint64_t()>& draw) {
  constexpr std::uint32_t all = 1U << trace_prefix_bits;
  constexpr int draws = 64;
  const auto distance = [&](std::uint32_t prefix) {
    std::uint32_t least = all;
    for (const auto other : taken) {
      const std::uint32_t ahead = (other - prefix) % all;
      least = std::min(least, std::min(ahead, all - ahead) % all);
    }
    return least;
  };
  std::uint32_t best = static_cast<std::uint32_t>(draw() % all);
  for (int i = 1; i < draws && !taken.empty(); ++i) {
    const auto other = static_cast<std::uint32_t>(draw() % all);
    if (distance(other) > distance(best)) best = other;
  }
  return best;
}

Result<Submission> describe_submission(const job::FileSource& source, SubmittedJob& job, fleet::RunDescription about,
                                       const std::string& url) {
  Submission submission{.source = source,
                        .settings = job.settings,
                        .about = std::move(about),
                        .record = record_of(source, job, url),
                        .before = std::move(job.before)};
  auto& run = submission.about;
  run.run_id = submission.record.run_id;
  run.trace_prefix = submission.record.trace_prefix;
  run.operations_file = submission.record.operations;
  if (run.operations_file) {
    auto text = read_operations(*run.operations_file);
    if (!text) return text.error();
    run.operations_toml = std::move(*text);
  }
  // A further collector cannot have what an earlier run has done, which the engine never knew.
  auto shared = submission.record;
  if (submission.before) shared.job.operations = submission.before->scan.counts.remaining;
  run.job = shared.job;
  run.parts = fleet::parts_for(shared.job.operations);
  report::append_line(run.run_line, shared);
  return submission;
}

}  // namespace koobatch::cli
