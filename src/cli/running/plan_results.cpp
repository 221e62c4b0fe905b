#include "cli/running/plan_results.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>
#include <string_view>

namespace koobatch::cli {

/// Sorts the results of one report. What a process had in flight when it was killed is not recorded: it may have been
/// applied, and a later segment then finds that nothing is left to do.
class PlanResultCollector final : public report::Visitor {
 public:
  explicit PlanResultCollector(PlanResults& results) : results_(results) {}

  Result<void> on_run(const report::RunRecord&) override {
    follows_kill_ = follows_kill_ || is_open_;
    is_open_ = true;
    return {};
  }
  Result<void> on_end(const report::EndRecord&) override {
    is_open_ = false;
    return {};
  }
  Result<void> on_result(const report::ResultLine& result) override {
    switch (result.status) {
      case Status::succeeded:
        results_.succeeded_.insert(result.line);
        break;
      case Status::rejected:
        add_stored(result);
        results_.certain_.insert(result.line);
        break;
      case Status::failed:
      case Status::invalid:
      case Status::skipped:
        results_.certain_.insert(result.line);
        break;
      case Status::unchanged:
        (follows_kill_ ? results_.doubtful_ : results_.certain_).insert(result.line);
        break;
      case Status::unknown:
        results_.doubtful_.insert(result.line);
        break;
    }
    return {};
  }

 private:
  /// What was confirmed, and is stored as something else, was applied nevertheless.
  void add_stored(const report::ResultLine& result) {
    if (result.text.find(R"("reason":"stored_otherwise")") == std::string_view::npos) return;
    simdjson::dom::object line, now;
    if (parser_.parse(result.text.data(), result.text.size()).get(line) != simdjson::SUCCESS) return;
    if (line["now"].get(now) == simdjson::SUCCESS) results_.stored_[result.line] = simdjson::minify(now);
  }

  PlanResults& results_;
  simdjson::dom::parser parser_;
  bool is_open_ = false;
  bool follows_kill_ = false;  ///< whether an earlier segment was not closed
};

Result<std::optional<report::ParentRun>> PlanResults::add(const std::filesystem::path& report) {
  PlanResultCollector collector(*this);
  auto scan = report::scan(report, collector);
  if (!scan) return job_error(scan.error().message);
  has_killed_segment_ = has_killed_segment_ || scan->has_unclosed_segment();
  for (const auto line : scan->unsettled) doubtful_.insert(line);
  run_ = std::move(scan->segments.back().run);
  return run_.parent;
}

Result<PlanResults> PlanResults::read(const std::filesystem::path& report) {
  PlanResults results;
  auto parent = results.add(report);
  auto run = results.run_;
  while (parent && *parent) {
    const auto expected = **parent;
    parent = results.add(expected.report);
    if (parent && results.run_.run_id != expected.run_id) {
      return job_error(fmt::format("{}: is the report of run {}, not of run {}, which was repeated; put that one back",
                                   expected.report, results.run_.run_id, expected.run_id));
    }
  }
  if (!parent) return parent.error();
  results.run_ = std::move(run);
  return results;
}

const std::string* PlanResults::stored_instead(std::uint32_t line) const {
  const auto found = stored_.find(line);
  return found == stored_.end() ? nullptr : &found->second;
}

Status PlanResults::status_of(std::uint32_t line) const {
  if (succeeded_.contains(line)) return Status::succeeded;
  if (doubtful_.contains(line)) return Status::unknown;
  return has_killed_segment_ && !certain_.contains(line) ? Status::unknown : Status::failed;
}

}  // namespace koobatch::cli
