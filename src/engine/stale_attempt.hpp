#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace koobatch::engine {

/// Finds out whether the service refuses requests that are dated long ago: an operation's first attempt is dated so,
/// and repeated with the right date if it is refused. Only if that succeeds was the date the reason. Otherwise the next
/// operation is tried. Safe to call from any thread.
class StaleAttempt {
 public:
  /// `age`: zero for none.
  explicit StaleAttempt(Duration age) : age_(age), open_(age > Duration::zero()) {}

  Duration age() const { return age_; }
  /// Whether the first attempt of this operation, which is sent now, must be dated so.
  bool take(std::uint32_t line);
  /// Whether the outcomes of an operation's attempts matter. Takes no lock if there is none.
  bool concerns(std::uint32_t line) const { return line == line_.load(std::memory_order_relaxed) && line != 0; }
  /// Reports how an attempt ended. `stale`: it was dated so. `answered`: what the answer means for the request as it
  /// was.
  void observe(std::uint32_t line, bool stale, koodrive::Verdict answered);
  /// Whether the service has accepted such a request; nothing as long as that is not known.
  std::optional<bool> accepted() const;

 private:
  void try_another() REQUIRES(mutex_);
  void conclude(bool accepted) REQUIRES(mutex_);

  const Duration age_;
  std::atomic<bool> open_;              ///< changed under the lock, read without
  std::atomic<std::uint32_t> line_{0};  ///< likewise; of the operation that is tried
  mutable Mutex mutex_;
  std::optional<bool> accepted_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::engine
