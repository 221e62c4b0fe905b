#pragma once
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace koobatch::flow {

/// Numbers of operations left without a result because their user was stopped, or because they follow such an operation
/// on its key.
struct LeftOut {
  std::uint64_t of_stopped = 0;
  std::uint64_t of_others = 0;

  std::uint64_t all() const { return of_stopped + of_others; }
  LeftOut& operator+=(const LeftOut& other) {
    of_stopped += other.of_stopped;
    of_others += other.of_others;
    return *this;
  }
};

/// The keys with an operation that was left out, so that nothing newer on them may be sent; and what was left out.
class BlockedKeys {
 public:
  /// `most`: the maximum number of keys to remember.
  explicit BlockedKeys(std::size_t most) : most_(most) {}

  bool contains(std::uint64_t key) const { return keys_.contains(key); }
  /// Blocks the key: nothing more is sent on it. False if there are more keys than can be remembered, so that it is no
  /// longer known what may be sent.
  bool block(std::uint64_t key);
  bool overwhelmed() const { return overwhelmed_; }

  /// Counts an operation that was left out. `of_stopped`: whether its own user is stopped.
  void count(bool of_stopped) { ++(of_stopped ? left_out_.of_stopped : left_out_.of_others); }
  /// Adds an operation that this segment may have had applied.
  void add_unsettled(std::uint32_t line) { unsettled_.push_back(line); }
  const LeftOut& left_out() const { return left_out_; }
  /// Lines of operations left out that this segment may have had applied.
  const std::vector<std::uint32_t>& unsettled() const { return unsettled_; }

 private:
  const std::size_t most_;
  boost::unordered_flat_set<std::uint64_t> keys_;
  std::vector<std::uint32_t> unsettled_;
  LeftOut left_out_;
  bool overwhelmed_ = false;
};

}  // namespace koobatch::flow
