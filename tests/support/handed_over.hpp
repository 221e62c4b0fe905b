#pragma once
#include <mutex>
#include <utility>

namespace koobatch::test {

/// A value that one thread, such as a server's, passes to the test's. The two are ordered already by a process that
/// ended in between, after both; neither the compiler nor the thread sanitizer knows that.
template <class T>
class HandedOver {
 public:
  void put(T value) {
    const std::lock_guard guard(mutex_);
    value_ = std::move(value);
  }
  /// The last value put; T{} if there was none.
  T get() const {
    const std::lock_guard guard(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace koobatch::test
