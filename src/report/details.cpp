#include "koobatch/report/details.hpp"

namespace koobatch::report {

Result<void> Details::on_run(const RunRecord& run) {
  timeline_.begin_segment(run);
  settings_ = run.settings;
  return {};
}

Result<void> Details::on_result(const ResultRecord& result) {
  timeline_.add(result);
  slowest_.add(result);
  if (result.latency) latencies_.record(*result.latency);
  return {};
}

Result<void> Details::on_end(const EndRecord& end) {
  timeline_.end_segment(end);
  return {};
}

}  // namespace koobatch::report
