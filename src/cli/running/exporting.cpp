#include "cli/running/exporting.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/walk_source.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/reading/walks.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::string_view same_command = "the same command again";

/// What the run's parts say about resuming it is true of an export by its own command.
std::string reworded(std::string message, const std::filesystem::path& journal) {
  boost::algorithm::replace_all(message, fmt::format("'{}'", report::resume_command(journal.native())), same_command);
  return message;
}

/// Checks that a journal is of the same export, as far as that can be told.
Result<void> check_same(const report::RunRecord& recorded, const job::Source& source, const engine::RunSettings& run) {
  const auto digest = source.identity().digest;
  if (recorded.job.xxh3 != digest.xxh3 || recorded.job.bytes != digest.bytes) {
    return usage_error(fmt::format(
        "{}: was begun by an export of other users or types; name another --out, or remove it", run.report.string()));
  }
  if (run.simulated || recorded.endpoint == run.endpoint.url()) return {};
  return usage_error(fmt::format("{}: was begun by an export from {}; name another --out, or remove it",
                                 run.report.string(), recorded.endpoint));
}

bool is_finished(const report::Scan& scan) {
  return scan.ended() && scan.counts.remaining == 0;
}

class Exporting {
 public:
  Exporting(const Export& wanted, const Written& written, std::size_t lists, std::filesystem::path journal)
      : wanted_(wanted), written_(written), lists_(lists), journal_(std::move(journal)) {}

  /// Makes the file of a journal that has everything.
  int write(const std::string& endpoint) const {
    const StateFile file{wanted_.out, wanted_.format, wanted_.kinds, lists_, wanted_.users.size(), endpoint};
    const auto collected = write_state(journal_, *wanted_.resources, file);
    if (!collected) return fail(collected.error());
    std::error_code error;
    if (!std::filesystem::remove(journal_, error)) {
      spdlog::warn("{}: cannot be removed: {}", journal_.string(), error.message());
    }
    return written_(*collected);
  }

  /// Ends the export as its run has ended.
  int conclude(const engine::RunResult& result, int signal) const {
    const auto& counts = result.summary.counts;
    const bool is_complete = counts.remaining == 0 && result.summary.unrecorded == 0 && !result.summary.report_lost;
    if (is_complete && !result.error) {
      // The report knows by which name the service was reached.
      return write(result.summary.run.endpoint);
    }
    const std::string cause = result.error ? reworded(result.error->message, journal_) : std::string("interrupted");
    observe::log::print(
        spdlog::level::err,
        fmt::format("koobatch: {}; {} of {} read so far, and {} continues", cause, format_count(counts.finished()),
                    count_of(counts.finished() + counts.remaining, "list"), same_command));
    if (result.error) return exit_status(result.error->kind);
    return signal == 0 ? static_cast<int>(exit_fatal) : exit_by_signal + signal;
  }

 private:
  const Export& wanted_;
  const Written& written_;
  const std::size_t lists_;
  const std::filesystem::path journal_;
};

void tell_cost(const Export& wanted, std::size_t lists, std::uint64_t done) {
  const std::uint64_t walks = wanted.users.size() * lists;
  observe::log::print(
      spdlog::level::info,
      fmt::format("reading {} of {}, which takes at least {}{}", count_of(walks, "list"),
                  count_of(wanted.users.size(), "user"), count_of(walks - std::min(done, walks), "request"),
                  done == 0 ? "" : fmt::format("; {} read before", format_count(done))));
}

}  // namespace

Result<std::vector<const koodrive::ResourceKind*>> kinds_to_read(const koodrive::ResourceCatalogue& resources,
                                                                 const std::vector<std::string>& names) {
  std::vector<const koodrive::ResourceKind*> kinds;
  std::vector<std::string_view> readable;
  for (const auto& kind : resources.kinds()) {
    if (kind.lists.empty()) continue;
    readable.push_back(kind.name);
    if (names.empty()) kinds.push_back(&kind);
  }
  for (const auto& name : names) {
    const auto* const kind = resources.find(name);
    if (kind == nullptr || kind->lists.empty()) {
      return usage_error(fmt::format("--types: '{}' cannot be read; there are {}", name, fmt::join(readable, ", ")));
    }
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

std::filesystem::path journal_of(const std::filesystem::path& out) {
  auto journal = out;
  return journal += ".part";
}

bool is_export(const report::RunRecord& run) {
  return run.job.path == WalkSource::path;
}

int export_state(engine::RunSettings settings, const Running& running, const Presentation& presentation,
                 const std::shared_ptr<observe::Console>& console, const Export& wanted, const Written& written) {
  if (report::is_taken(wanted.out)) {
    return fail(usage_error(fmt::format("{}: exists already; remove it, or name another file", wanted.out.string())));
  }
  const auto walks = std::make_shared<reading::Walks>(wanted.kinds);
  settings.report = journal_of(wanted.out);
  settings.job = wanted.out;
  settings.dialogues = walks;
  settings.reader.catalogue = &walks->operations();
  const auto source = std::make_shared<WalkSource>(walks, wanted.users, settings.reader);
  const Exporting exporting(wanted, written, walks->lists(), settings.report);

  std::optional<engine::Earlier> earlier;
  if (report::is_taken(settings.report)) {
    auto found = engine::read_earlier(settings.report);
    if (!found) return fail(found.error());
    if (auto same = check_same(found->scan.segments.front().run, *source, settings); !same) return fail(same.error());
    if (is_finished(found->scan)) return exporting.write(found->scan.segments.front().run.endpoint);
    earlier.emplace(std::move(*found));
  }
  tell_cost(wanted, walks->lists(), earlier ? earlier->scan.counts.finished() : 0);
  const auto start = [&](const engine::RunSettings& final_settings) {
    if (!earlier) return engine::Run::start(final_settings, source);
    return engine::Run::resume(final_settings, source, std::move(*earlier));
  };
  const auto conclude = [&](const engine::RunResult& result, int signal) { return exporting.conclude(result, signal); };
  return execute(std::move(settings), running, presentation, console, start, conclude);
}

}  // namespace koobatch::cli
