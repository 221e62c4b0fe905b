#include "koobatch/report/commit_group.hpp"

#include "koobatch/report/record.hpp"

#include <algorithm>
#include <cassert>

namespace koobatch::report {

void CommitGroup::open_with_sync(std::uint64_t n) {
  assert(lines_.empty());
  append_sync_line(lines_, n);
}

void CommitGroup::add(Batch& batch, bool urgent) {
  urgent_ = (urgent_ || urgent) && !(empty() && batch.lines.empty());
  if (batch.lines.empty()) return;
  first_ = empty() ? batch.first : std::min(first_, batch.first);
  lines_.append(batch.lines);
  batch.lines.clear();
  const auto mark = std::find_if(marks_.begin(), marks_.end(), [&](const Mark& m) { return m.worker == batch.worker; });
  if (mark == marks_.end()) {
    marks_.push_back({batch.worker, batch.number});
  } else {
    mark->number = std::max(mark->number, batch.number);
  }
}

std::optional<TimePoint> CommitGroup::due(const CommitPolicy& policy, Duration commit_time) const {
  if (empty()) return std::nullopt;
  if (urgent_ || lines_.size() >= policy.full_bytes) return TimePoint::min();
  return first_ + policy.max_delay - std::clamp(commit_time, Duration::zero(), policy.max_delay / 2);
}

void CommitGroup::clear() {
  lines_.clear();
  marks_.clear();
  urgent_ = false;
}

}  // namespace koobatch::report
