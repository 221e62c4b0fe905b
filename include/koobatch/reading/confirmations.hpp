#pragma once
#include <atomic>
#include <cstdint>

namespace koobatch::reading {

/// Which walks ask once more whether their list has ended: the first ones, and some of the others; as soon as one list
/// went on after a page that was not full, all. Safe to call from any thread.
class Confirmations {
 public:
  static constexpr std::uint64_t first_walks = 100;
  static constexpr std::uint64_t every = 100;

  /// Whether the walk that begins now does.
  bool next() {
    const std::uint64_t number = walks_.fetch_add(1, std::memory_order_relaxed);
    return was_denied() || number < first_walks || number % every == 0;
  }
  /// A list has gone on.
  void deny() { was_denied_.store(true, std::memory_order_relaxed); }
  bool was_denied() const { return was_denied_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> walks_{0};
  std::atomic<bool> was_denied_{false};
};

}  // namespace koobatch::reading
