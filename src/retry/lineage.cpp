#include "koobatch/retry/lineage.hpp"

#include "koobatch/report/ancestry.hpp"
#include "koobatch/report/reader.hpp"

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

/// Adds what succeeded in a parent. None of it can be wanted: only what had not succeeded was repeated.
Result<report::RunRecord> read_parent(const std::filesystem::path& report, LineStates& states) {
  StateCollector collector(states, {});
  auto scan = report::scan(report, collector);
  if (scan) return std::move(scan->segments.back().run);
  return usage_error(scan.error().message +
                     "; it is the report that was retried and records what must not be undone, so put it back");
}

}  // namespace

Result<Lineage> read_lineage(const std::filesystem::path& path, std::initializer_list<Status> statuses) {
  Lineage lineage;
  const auto read = [&](const std::filesystem::path& report, unsigned age) -> Result<report::RunRecord> {
    if (age != 0) return read_parent(report, lineage.states);
    StateCollector collector(lineage.states, statuses);
    auto scan = report::scan(report, collector);
    if (!scan) return scan.error();
    lineage.verified = scan->verified();
    lineage.run = std::move(scan->segments.back().run);
    lineage.finished = scan->finished();
    lineage.remaining = scan->counts.remaining;
    lineage.invalid = scan->counts[Status::invalid];
    return lineage.run;
  };
  if (auto done = report::read_ancestry(path, read); !done) return done.error();
  return lineage;
}

}  // namespace koobatch::retry
