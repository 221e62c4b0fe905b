#pragma once
#include <atomic>
#include <cstdint>

namespace koobatch::reading {

/// Which walks of one kind of list ask once more whether it has ended: the first ones, and some of the others; as soon
/// as one list went on after a page that was not full, all. And whichever ends with as long a page as any so far: a
/// service that gives no page more than so many items would have cut it. Safe to call from any thread.
class Confirmations {
 public:
  static constexpr std::uint64_t first_walks = 100;
  static constexpr std::uint64_t every = 100;

  /// Whether the walk that begins now does.
  bool next() {
    const std::uint64_t number = walks_.fetch_add(1, std::memory_order_relaxed);
    return was_denied() || number < first_walks || number % every == 0;
  }
  /// Takes the length of a page. Returns whether the service may have cut it there.
  bool may_be_cut(std::uint64_t length) {
    auto longest = longest_.load(std::memory_order_relaxed);
    while (longest < length && !longest_.compare_exchange_weak(longest, length, std::memory_order_relaxed)) {
    }
    return length > 0 && length >= longest;
  }
  /// Whether a page that long was not cut because of its length: longer ones were not.
  bool is_below_limit(std::uint64_t length) const { return length < longest_.load(std::memory_order_relaxed); }
  /// A list has gone on.
  void deny() { was_denied_.store(true, std::memory_order_relaxed); }
  bool was_denied() const { return was_denied_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> walks_{0};
  std::atomic<std::uint64_t> longest_{0};
  std::atomic<bool> was_denied_{false};
};

}  // namespace koobatch::reading
