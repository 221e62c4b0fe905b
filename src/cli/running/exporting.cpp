#include "cli/running/exporting.hpp"

#include "cli/exit_status.hpp"
#include "cli/next_steps.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/walk_source.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/reading/walks.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::string_view same_command = "the same 'koobatch export' again";

/// Checks that a journal is of the same export, as far as that can be told.
Result<void> check_same(const report::RunRecord& recorded, const job::Source& source, const engine::RunSettings& run) {
  const auto refuse = [&](std::string_view of_what) {
    return usage_error(
        fmt::format("{}: was begun by {}; to continue it, give the same command; otherwise name another "
                    "file, or remove it",
                    harmless(run.report.string()), of_what));
  };
  if (!report::is_export(recorded)) return refuse("a run, and not by an export");
  const auto digest = source.identity().digest;
  if (recorded.job.xxh3 != digest.xxh3 || recorded.job.bytes != digest.bytes) {
    return refuse("an export of other users or types");
  }
  const auto file_of = [](const auto& operations) { return operations ? operations->xxh3 : 0; };
  if (file_of(recorded.operations) != file_of(run.operations_file)) return refuse("an export with other --operations");
  if (recorded.endpoint == run.endpoint.url()) return {};
  return refuse("an export from " + harmless(recorded.endpoint));
}

WallTime begin_of(const report::Scan& scan) {
  return scan.segments.front().run.started;
}

class Exporting {
 public:
  Exporting(const StateFile& wanted, const Written& written)
      : wanted_(wanted), written_(written), journal_(journal_of(wanted.path)) {}

  /// Makes the file of a journal that has everything. The report knows by which name the service was reached.
  int write(const report::RunRecord& run) const {
    const auto collected = write_state(journal_, wanted_, run.endpoint);
    if (!collected) {
      if (!wanted_.is_passing) print_advice(collected.error());
      return fail(collected.error());
    }
    std::error_code error;
    if (std::filesystem::remove(journal_, error); error) {
      spdlog::warn("{}: cannot be removed: {}", harmless(journal_.string()), error.message());
    }
    return written_(*collected);
  }

  /// Ends the export as its run has ended.
  int conclude(engine::RunResult& result, int signal) const {
    auto& summary = result.summary;
    const bool is_recorded = summary.unrecorded == 0 && !summary.report_lost;
    if (summary.counts.remaining == 0 && is_recorded) {
      const int status = write(summary.run);
      // For the program of --on-complete: the journal is no more.
      if (report::is_taken(wanted_.path)) summary.report = wanted_.path.string();
      return status;
    }
    print_unfinished(result);
    if (result.error) return exit_status(result.error->kind);
    return signal == 0 ? static_cast<int>(exit_fatal) : exit_by_signal + signal;
  }

 private:
  void print_advice(const Error& error) const {
    const bool is_journal_wrong = error.kind == ErrorKind::usage;
    observe::log::print(spdlog::level::err,
                        is_journal_wrong
                            ? fmt::format("koobatch: remove {} to read everything again", harmless(journal_.string()))
                            : fmt::format("koobatch: everything was read; to write the file, run {}", same_command));
  }

  void print_unfinished(const engine::RunResult& result) const {
    const auto& counts = result.summary.counts;
    const auto lists = counts.finished() + counts.remaining;
    // The run has said why it stopped.
    if (!result.error) observe::log::print(spdlog::level::err, "koobatch: interrupted");
    if (wanted_.is_passing) return;
    observe::log::print(spdlog::level::err,
                        fmt::format("koobatch: {} of {} done so far; to continue, run {}",
                                    format_count(counts.finished()), count_of(lists, "list"), same_command));
  }

  const StateFile& wanted_;
  const Written& written_;
  const std::filesystem::path journal_;
};

/// What reading takes, or what is left of it.
void announce(const StateFile& wanted, const report::Scan* earlier) {
  const std::uint64_t lists = wanted.users->size() * wanted.lists();
  std::string text;
  if (earlier == nullptr) {
    text = fmt::format("reading {} of {}, which takes at least as many requests", count_of(lists, "list"),
                       count_of(wanted.users->size(), "user"));
  } else {
    text = fmt::format("continuing the export that was begun at {}: {} of {} read", timestamp(begin_of(*earlier)),
                       format_count(earlier->counts.finished()), count_of(lists, "list"));
  }
  const auto name = wanted.is_passing ? std::string("the present state") : harmless(wanted.path.string());
  observe::log::print(spdlog::level::info, fmt::format("{}: {}", name, text));
}

/// What was refused has its result, and is not asked for again.
void warn_of_refusals(const report::Counts& counts, const std::filesystem::path& journal) {
  const auto unread = counts.finished() - counts[Status::succeeded];
  if (unread == 0) return;
  spdlog::warn("{} could not be read before, and will not be asked for again; to read everything anew, remove {}",
               count_of(unread, "list"), harmless(journal.string()));
}

/// Nothing may be lost, and nothing old be taken for new.
Result<void> check_place(const std::filesystem::path& out) {
  if (!report::is_taken(out)) return {};
  const auto name = harmless(out.string());
  const auto journal = journal_of(out);
  if (!report::is_taken(journal)) return usage_error(name + ": exists already; remove it, or name another file");
  return usage_error(fmt::format(
      "{}: exists already; remove it to continue the export that is recorded in {}, and remove that, too, to "
      "start over",
      name, harmless(journal.string())));
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
      return usage_error(fmt::format("--types: there is no type '{}' that can be read; the types are {}", name,
                                     fmt::join(readable, ", ")));
    }
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

std::filesystem::path journal_of(const std::filesystem::path& out) {
  auto journal = out;
  return journal += ".part";
}

void warn_of_gaps(const Collected& collected) {
  for (const auto& doubt : collected.doubts) spdlog::warn("{}", doubt);
  if (collected.unreadable_items > 0) {
    spdlog::warn("{} cannot be read, and the file lacks them", count_of(collected.unreadable_items, "item"));
  }
  if (collected.unread_lists > 0) {
    spdlog::warn("{} of {} cannot be read, and the file lacks what they have", count_of(collected.unread_lists, "list"),
                 count_of(collected.unread_users, "user"));
  }
  if (collected.unstable_lists > 0) {
    spdlog::warn("{} kept changing while being read, and may lack items; export again at a quieter time",
                 count_of(collected.unstable_lists, "list"));
  }
  if (collected.shared_items > 0) {
    spdlog::info("{} of items that were read before, from other lists: each item is in the file once",
                 count_of(collected.shared_items, "reading"));
  }
}

int export_state(engine::RunSettings settings, const Running& running, const Presentation& presentation,
                 const std::shared_ptr<observe::Console>& console, const StateFile& wanted, const Written& written) {
  if (auto free = check_place(wanted.path); !free) return fail(free.error());
  const auto walks = std::make_shared<reading::Walks>(wanted.kinds);
  settings.report = journal_of(wanted.path);
  settings.report_private = true;
  settings.job = wanted.path;
  settings.dialogues = walks;
  settings.skip_invalid = true;  // users without a token
  settings.reader.catalogue = &walks->operations();
  const auto source = std::make_shared<WalkSource>(walks, wanted.users, settings.reader);
  const Exporting exporting(wanted, written);

  std::optional<engine::Earlier> earlier;
  if (report::is_taken(settings.report)) {
    auto found = engine::read_earlier(settings.report);
    if (!found) return fail(found.error());
    if (auto same = check_same(found->scan.segments.front().run, *source, settings); !same) return fail(same.error());
    earlier.emplace(std::move(*found));
  }
  if (earlier) warn_of_refusals(earlier->scan.counts, settings.report);
  if (wanted.is_passing) {
    advise_again("koobatch plan", "TMPDIR");
  } else {
    advise_again("koobatch export", "--out");
  }
  announce(wanted, earlier ? &earlier->scan : nullptr);
  if (earlier && earlier->scan.finished()) return exporting.write(earlier->scan.segments.front().run);
  const auto start = [&](const engine::RunSettings& final_settings) {
    if (!earlier) return engine::Run::start(final_settings, source);
    return engine::Run::resume(final_settings, source, std::move(*earlier));
  };
  const auto conclude = [&](engine::RunResult& result, int signal) { return exporting.conclude(result, signal); };
  return execute(std::move(settings), running, presentation, console, start, conclude);
}

}  // namespace koobatch::cli
