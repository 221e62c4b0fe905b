#pragma once
#include "koobatch/core/mutex.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <optional>

namespace koobatch::fleet {

/// Whether an enrolment is still good, as far as the ledger has said. Safe to call from any thread.
class Standing {
 public:
  /// Takes in why the ledger did not do something. The first failure that is final counts; others may pass.
  void note(const Failure& failure) EXCLUDES(mutex_) {
    const bool final = failure.fault != Fault::unanswered && failure.fault != Fault::unreachable;
    const MutexLock lock(mutex_);
    if (final && !failure_) failure_ = failure;
  }
  /// Why it is no longer good; nothing if it is.
  std::optional<Failure> failure() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return failure_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<Failure> failure_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::fleet
