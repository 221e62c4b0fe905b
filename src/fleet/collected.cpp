#include "koobatch/fleet/collected.hpp"

#include <utility>

namespace koobatch::fleet {
namespace {

class Recollection final : public report::Visitor {
 public:
  explicit Recollection(Collected& out) : out_(out) {}

  Result<void> on_run(const report::RunRecord& run) override {
    if (!run.engine.empty()) return {};
    return usage_error("this run belongs to one process, not to an engine: its results are in the report already");
  }
  Result<void> on_result(const report::ResultLine& result) override {
    out_.uncovered.insert(result.line);
    return {};
  }
  Result<void> on_worker(const report::WorkerRecord& worker) override {
    out_.workers[worker.key] = worker;
    return {};
  }
  Result<void> on_collected(const report::CollectedRecord& collected) override {
    for (const auto& [key, group] : collected.cursors) out_.cursors[key] = group;
    out_.uncovered = {};
    return {};
  }

 private:
  Collected& out_;
};

}  // namespace

Result<Collected> read_collected(const std::filesystem::path& path) {
  Collected collected;
  Recollection recollection(collected);
  auto scan = report::scan(path, recollection);
  if (!scan) return scan.error();
  collected.scan = std::move(*scan);
  return collected;
}

Result<Collected> read_collected(const std::string& name, const report::ReadSome& read) {
  Collected collected;
  Recollection recollection(collected);
  auto scan = report::scan(name, read, recollection);
  if (!scan) return scan.error();
  collected.scan = std::move(*scan);
  return collected;
}

}  // namespace koobatch::fleet
