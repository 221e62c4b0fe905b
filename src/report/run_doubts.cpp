#include "koobatch/report/run_doubts.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace koobatch::report {

Status status_in_doubt(const ResultLine& result) {
  if (result.status != Status::rejected) return result.status;
  // Within a text, quotes are escaped.
  return result.text.find(R"(,"history":[)") == std::string_view::npos ? Status::rejected : Status::unknown;
}

void RunDoubts::add(Scan&& scan, LineSet&& failed) {
  const bool was_killed = scan.has_unclosed_segment();
  reports_.push_back({std::move(scan.done), std::move(failed), std::move(scan.unsettled), was_killed});
}

bool RunDoubts::leave(std::uint32_t line) const {
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    // A run that is repeated says what was repeated. What is unknown there is so anyway.
    const bool is_part = i + 1 == reports_.size() || reports_[i + 1].failed.contains(line);
    const auto& [done, failed, unsettled, was_killed] = reports_[i];
    if (!is_part || done.contains(line)) continue;
    if (was_killed || std::ranges::binary_search(unsettled, line)) return true;
  }
  return false;
}

}  // namespace koobatch::report
