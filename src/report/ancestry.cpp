#include "koobatch/report/ancestry.hpp"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace koobatch::report {

Result<void> read_ancestry(const std::filesystem::path& report, const ReadReport& read) {
  std::set<std::string> known;
  std::optional<ParentRun> parent;
  auto path = report;
  for (unsigned age = 0;; ++age) {
    auto run = read(path, age);
    if (!run) return run.error();
    if (parent && run->run_id != parent->run_id) {
      return usage_error(
          fmt::format("{}: is the report of run {}, not of run {}, which was repeated; put that one back",
                      path.string(), run->run_id, parent->run_id));
    }
    if (!known.insert(run->run_id).second) {
      return usage_error(fmt::format("{}: run {} cannot repeat itself", path.string(), run->run_id));
    }
    parent = std::move(run->parent);
    if (!parent) return {};
    path = parent->report;
  }
}

}  // namespace koobatch::report
