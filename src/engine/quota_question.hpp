#pragma once
#include <atomic>

namespace koobatch::engine {

/// Decides which request of a segment asks the gateway to report its quotas: the first, if any. Thread-safe.
class QuotaQuestion {
 public:
  explicit QuotaQuestion(bool wanted) : open_(wanted) {}

  /// Whether the request sent now must ask; true at most once.
  bool take() { return open_.load(std::memory_order_relaxed) && open_.exchange(false, std::memory_order_relaxed); }

 private:
  std::atomic<bool> open_;
};

}  // namespace koobatch::engine
