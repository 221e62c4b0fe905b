#include "koobatch/report/slowest.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::report {
namespace {

bool slower(const SlowOperation& a, const SlowOperation& b) {
  return a.latency != b.latency ? a.latency > b.latency : a.line < b.line;
}

std::string kept_id(std::string_view id) {
  if (id.size() <= Slowest::longest_id) return std::string(id);
  std::size_t size = Slowest::longest_id;
  while (size > 0 && (static_cast<unsigned char>(id[size]) & 0xc0U) == 0x80U) --size;
  return std::string(id.substr(0, size)).append("…");
}

}  // namespace

void Slowest::add(const ResultRecord& r) {
  if (!r.latency) return;
  const bool full = heap_.size() == most;
  if (full &&
      (*r.latency < heap_.front().latency || (*r.latency == heap_.front().latency && r.line > heap_.front().line))) {
    return;
  }
  if (full) {
    std::pop_heap(heap_.begin(), heap_.end(), slower);
    heap_.pop_back();
  }
  heap_.push_back(
      {*r.latency, r.line, std::string(r.op), kept_id(r.id), r.status, r.http, r.attempts, r.trace_id, r.at});
  std::push_heap(heap_.begin(), heap_.end(), slower);
}

std::vector<SlowOperation> Slowest::operations() const {
  auto sorted = heap_;
  std::sort(sorted.begin(), sorted.end(), slower);
  return sorted;
}

}  // namespace koobatch::report
