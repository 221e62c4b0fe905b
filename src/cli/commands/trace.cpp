#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/reader.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;

  auto parts() { return std::tie(presentation); }
};

/// Collects the records of one operation from a report.
class Finder final : public report::Visitor {
 public:
  explicit Finder(std::uint32_t line) : line_(line) {}
  Result<void> on_result(const report::ResultLine& result) override {
    if (result.line == line_) text_ = result.text;
    return {};
  }
  Result<void> on_worker(const report::WorkerRecord& worker) override {
    workers_[worker.trace_prefix] = worker;
    return {};
  }
  const std::string& text() const { return text_; }
  /// The worker with this trace prefix; null if there is none.
  const report::WorkerRecord* worker(std::uint32_t prefix) const {
    const auto found = workers_.find(prefix);
    return found == workers_.end() ? nullptr : &found->second;
  }

 private:
  std::uint32_t line_;
  std::string text_;                                       ///< the result line; empty: there is none
  std::map<std::uint32_t, report::WorkerRecord> workers_;  ///< of a run on many machines, by trace prefix
};

/// What a report records about `id`; nothing if the ID belongs to another run.
Result<std::string> look_up(const TraceId& id, const std::string& path) {
  Finder finder(id.line);
  const auto scan = report::scan(path, finder);
  if (!scan) return scan.error();
  for (const auto& segment : scan->segments) {
    const auto* worker = finder.worker(id.prefix);
    if (segment.run.trace_prefix != id.prefix && worker == nullptr) continue;
    std::string found = fmt::format("{}: run {}, segment {}, job {}\n", harmless(path), harmless(segment.run.run_id),
                                    segment.run.segment, harmless(segment.run.job.path));
    if (worker != nullptr) {
      found.append(fmt::format("worker {}, since {}\n", harmless(worker->name), timestamp(worker->enrolled)));
    }
    if (finder.text().empty()) {
      found.append(fmt::format("line {} has no result yet\n", id.line));
    } else {
      append_harmless_json(found, finder.text());
      found.append("\n");
    }
    return found;
  }
  return std::string();
}

int run(const Settings&, const Call& call) {
  const auto& arguments = call.arguments;
  const auto id = parse_trace_id(arguments.front());
  if (!id) {
    return fail(usage_error(fmt::format("'{}' is not a trace ID: it must be {} characters, each 0 or 1",
                                        arguments.front(), trace_id_length)));
  }
  std::string out = fmt::format("prefix {} (drawn for a segment of the run), line {}, attempt {}\n", id->prefix,
                                id->line, id->attempt);
  bool found = arguments.size() == 1;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto entry = look_up(*id, arguments[i]);
    if (!entry) return fail(entry.error());
    out.append(*entry);
    found = found || !entry->empty();
  }
  if (const auto written = write_output(out); !written) return fail(written.error());
  if (found) return exit_success;
  observe::log::print(spdlog::level::err,
                      fmt::format("koobatch: no run with the prefix {} in {}", id->prefix,
                                  arguments.size() == 2 ? arguments[1] : std::string("these reports")));
  return exit_not_all;
}

}  // namespace

const Command& trace_command() {
  static const Command command = {
      .name = "trace",
      .summary = "Show which operation and attempt a trace ID stands for",
      .group = command_group::looks_back,
      .arguments =
          {{.name = "ID", .help = "The trace ID: 58 characters, each 0 or 1"},
           {.name = "REPORT", .help = "Reports in which to look up the operation", .is_path = true, .repeated = true}},
      .examples = {"koobatch trace 0101011001010110010000000000000000000000000000000100000001 rename.report.ndjson"},
      .statuses = {exits::done, {"1", "the ID belongs to no run in the reports named"}, exits::usage, exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
