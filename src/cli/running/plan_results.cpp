#include "cli/running/plan_results.hpp"

#include "koobatch/report/ancestry.hpp"

#include <simdjson.h>

#include <string_view>
#include <utility>

namespace koobatch::cli {

/// Sorts the results of one report. What a process had in flight when it was killed is not recorded: it may have been
/// applied, and a later segment then finds that nothing is left to do.
class PlanResultCollector final : public report::Visitor {
 public:
  explicit PlanResultCollector(PlanResults& results) : results_(results) {}

  Result<void> on_run(const report::RunRecord&) override {
    kills_.on_run();
    return {};
  }
  Result<void> on_end(const report::EndRecord&) override {
    kills_.on_end();
    return {};
  }
  Result<void> on_result(const report::ResultLine& result) override {
    switch (result.status) {
      case Status::succeeded:
        results_.succeeded_.insert(result.line);
        break;
      case Status::rejected:
        add_rejected(result);
        break;
      case Status::failed:
        failed_.insert(result.line);
        break;
      case Status::invalid:
      case Status::skipped:
        break;
      case Status::unchanged:
        if (kills_.follows_kill()) results_.doubtful_.insert(result.line);
        break;
      case Status::unknown:
        results_.doubtful_.insert(result.line);
        break;
    }
    return {};
  }

  report::LineSet& failed() { return failed_; }

 private:
  /// What was confirmed, and is stored as something else, was applied nevertheless.
  void add_rejected(const report::ResultLine& result) {
    if (result.text.find(R"("reason":"stored_otherwise")") == std::string_view::npos) {
      if (report::status_in_doubt(result) == Status::unknown) results_.doubtful_.insert(result.line);
      return;
    }
    simdjson::dom::object line, now;
    if (parser_.parse(result.text.data(), result.text.size()).get(line) != simdjson::SUCCESS) return;
    if (line["now"].get(now) == simdjson::SUCCESS) results_.stored_[result.line] = simdjson::minify(now);
  }

  PlanResults& results_;
  simdjson::dom::parser parser_;
  report::KillWatch kills_;
  report::LineSet failed_;
};

Result<report::RunRecord> PlanResults::add(const std::filesystem::path& report) {
  PlanResultCollector collector(*this);
  auto scan = report::scan(report, collector);
  if (!scan) return scan.error();
  auto run = std::move(scan->segments.back().run);
  doubts_.add(std::move(*scan), std::move(collector.failed()));
  return run;
}

Result<PlanResults> PlanResults::read(const std::filesystem::path& report) {
  PlanResults results;
  const auto read = report::read_ancestry(report, [&](const std::filesystem::path& path, unsigned age) {
    auto run = results.add(path);
    if (run && age == 0) results.run_ = *run;
    return run;
  });
  if (!read) return job_error(read.error().message);
  return results;
}

const std::string* PlanResults::stored_instead(std::uint32_t line) const {
  const auto found = stored_.find(line);
  return found == stored_.end() ? nullptr : &found->second;
}

Status PlanResults::status_of(std::uint32_t line) const {
  if (succeeded_.contains(line)) return Status::succeeded;
  return doubtful_.contains(line) || doubts_.leave(line) ? Status::unknown : Status::failed;
}

}  // namespace koobatch::cli
