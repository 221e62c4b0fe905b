#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/reader.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace koobatch::cli {
namespace {

/// Keeps of a report what belongs to one operation.
class Finder final : public report::Visitor {
 public:
  explicit Finder(std::uint32_t line) : line_(line) {}
  Result<void> on_result(const report::ResultLine& result) override {
    if (result.line == line_) text_ = result.text;
    return {};
  }
  const std::string& text() const { return text_; }

 private:
  std::uint32_t line_;
  std::string text_;  ///< the result line; empty: none
};

/// What a report has to say on `id`; nothing if the ID is of another run.
Result<std::string> look_up(const TraceId& id, const std::string& path) {
  Finder finder(id.line);
  const auto scan = report::scan(path, finder);
  if (!scan) return scan.error();
  for (const auto& segment : scan->segments) {
    if (segment.run.trace_prefix != id.prefix) continue;
    std::string found = fmt::format("{}: run {}, segment {}, job {}\n", path, segment.run.run_id, segment.run.segment,
                                    segment.run.job.path);
    if (finder.text().empty()) {
      found.append(fmt::format("line {} has no result yet\n", id.line));
    } else {
      found.append(finder.text()).append("\n");
    }
    return found;
  }
  return std::string();
}

}  // namespace

int trace_command(const Invocation& invocation) {
  const auto& arguments = invocation.arguments;
  const auto id = parse_trace_id(arguments.front());
  if (!id) {
    return fail(usage_error(
        fmt::format("'{}' is no trace ID: it must be {} characters, each 0 or 1", arguments.front(), trace_id_length)));
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

}  // namespace koobatch::cli
