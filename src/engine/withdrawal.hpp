#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/mutex.hpp"

#include <condition_variable>
#include <cstdint>

namespace koobatch::engine {

/// Whether a worker's thread has withdrawn what had not arrived, as often as it was asked to. Safe to call from any
/// thread.
class Withdrawal {
 public:
  /// Asks the thread to. Returns the number of the request.
  std::uint64_t ask() {
    const MutexLock lock(mutex_);
    return ++asked_;
  }
  /// Reports that the thread has carried out request `number`.
  void carried_out(std::uint64_t number) {
    const MutexLock lock(mutex_);
    if (number > done_) done_ = number;
    changed_.notify_all();
  }
  /// Reports that the thread has ended: it sends nothing any more.
  void thread_ended() {
    const MutexLock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  /// Waits, but no longer than `until`, for all requests so far to be carried out. Returns whether they are.
  bool wait_until(TimePoint until) {
    MutexLock lock(mutex_);
    const std::uint64_t wanted = asked_;
    while (!ended_ && done_ < wanted) {
      if (!lock.wait_until(changed_, until)) return ended_ || done_ >= wanted;
    }
    return true;
  }

 private:
  Mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ GUARDED_BY(mutex_) = 0;
  std::uint64_t done_ GUARDED_BY(mutex_) = 0;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace koobatch::engine
