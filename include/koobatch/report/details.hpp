#pragma once
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/record_scan.hpp"
#include "koobatch/report/slowest.hpp"
#include "koobatch/report/timeline.hpp"

#include <string>

namespace koobatch::report {

/// What a page shows of a run beyond its summary, gathered in one pass and in bounded memory.
class Details final : public RecordVisitor {
 public:
  Result<void> on_run(const RunRecord& run) override;
  Result<void> on_result(const ResultRecord& result) override;
  Result<void> on_end(const EndRecord& end) override;

  const Timeline& timeline() const { return timeline_; }
  const Slowest& slowest() const { return slowest_; }
  const observe::Histogram& latencies() const { return latencies_; }
  /// The latest segment's settings, a JSON object.
  const std::string& settings() const { return settings_; }

 private:
  Timeline timeline_;
  Slowest slowest_;
  observe::Histogram latencies_;
  std::string settings_;
};

}  // namespace koobatch::report
