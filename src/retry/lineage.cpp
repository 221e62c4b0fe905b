#include "koobatch/retry/lineage.hpp"

#include "koobatch/report/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::retry {
namespace {

/// Sorts the results of one report into the states.
class StateCollector final : public report::Visitor {
 public:
  StateCollector(LineStates& states, std::initializer_list<Status> wanted) : states_(states), wanted_(wanted) {}

  Result<void> on_result(const report::ResultLine& result) override {
    if (is_fulfilled(result.status)) {
      states_.succeeded.insert(result.line);
    } else if (std::find(wanted_.begin(), wanted_.end(), result.status) != wanted_.end()) {
      states_.wanted.insert(result.line);
      if (result.status == Status::unknown) states_.unsettled.insert(result.line);
    }
    return {};
  }

 private:
  LineStates& states_;
  std::initializer_list<Status> wanted_;
};

/// Adds what succeeded in the parents. None of it can be wanted: only what had not succeeded was repeated.
Result<void> add_parents(const report::RunRecord& run, LineStates& states) {
  auto parent = run.parent;
  while (parent) {
    StateCollector collector(states, {});
    const auto scan = report::scan(parent->report, collector);
    if (!scan) {
      return usage_error(scan.error().message +
                         "; it is the report that was retried and records what must not be undone, so put it back");
    }
    const auto& first = scan->segments.front().run;
    if (first.run_id != parent->run_id) {
      return usage_error(fmt::format("{}: is the report of run {}, not of run {}, which was retried; put that one back",
                                     parent->report, first.run_id, parent->run_id));
    }
    parent = first.parent;
  }
  return {};
}

}  // namespace

Result<Lineage> read_lineage(const std::filesystem::path& path, std::initializer_list<Status> statuses) {
  Lineage lineage;
  StateCollector collector(lineage.states, statuses);
  auto scan = report::scan(path, collector);
  if (!scan) return scan.error();
  lineage.verified = scan->verified();
  lineage.run = std::move(scan->segments.back().run);
  lineage.finished = scan->finished();
  lineage.remaining = scan->counts.remaining;
  lineage.invalid = scan->counts[Status::invalid];
  if (auto added = add_parents(lineage.run, lineage.states); !added) return added.error();
  return lineage;
}

}  // namespace koobatch::retry
