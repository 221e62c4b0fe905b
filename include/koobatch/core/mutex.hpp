#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

// A mutex that clang can check (-Wthread-safety, https://clang.llvm.org/docs/ThreadSafetyAnalysis.html): a member
// declares which mutex guards it, a function which mutex its caller holds. For other compilers it is a plain
// std::mutex.
#if defined(__clang__)
#define KOOBATCH_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define KOOBATCH_THREAD_SAFETY(attribute)
#endif

/// On a member: read and written only while `mutex` is held.
#define GUARDED_BY(mutex) KOOBATCH_THREAD_SAFETY(guarded_by(mutex))
/// On a function: its caller holds `mutex`.
#define REQUIRES(mutex) KOOBATCH_THREAD_SAFETY(requires_capability(mutex))
/// On a function: its caller must not hold `mutex`, which the function takes itself.
#define EXCLUDES(mutex) KOOBATCH_THREAD_SAFETY(locks_excluded(mutex))

namespace koobatch {

class KOOBATCH_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  void lock() KOOBATCH_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  bool try_lock() KOOBATCH_THREAD_SAFETY(try_acquire_capability(true)) { return mutex_.try_lock(); }
  void unlock() KOOBATCH_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a mutex during its lifetime, except between unlock() and lock(), and while it waits.
class KOOBATCH_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) KOOBATCH_THREAD_SAFETY(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() KOOBATCH_THREAD_SAFETY(release_capability()) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() KOOBATCH_THREAD_SAFETY(release_capability()) { lock_.unlock(); }
  void lock() KOOBATCH_THREAD_SAFETY(acquire_capability()) { lock_.lock(); }

  /// Waits once. Spurious wake-ups are possible, so the caller checks its condition in a loop: inside a predicate the
  /// analysis would not know that the mutex is held.
  void wait(std::condition_variable& changed) { changed.wait(lock_); }
  /// Waits like wait(), but no later than `time`. Returns whether it was woken before that.
  template <class Clock, class Duration>
  bool wait_until(std::condition_variable& changed, const std::chrono::time_point<Clock, Duration>& time) {
    return changed.wait_until(lock_, time) == std::cv_status::no_timeout;
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace koobatch
