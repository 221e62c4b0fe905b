#include "engine/stale_attempt.hpp"

namespace koobatch::engine {

using koodrive::Verdict;

namespace {

/// Whether the service has read the request, and will not carry it out.
bool is_refusal(Verdict verdict) {
  return verdict == Verdict::rejected || verdict == Verdict::unauthorized || verdict == Verdict::suspicious;
}

}  // namespace

bool StaleAttempt::take(std::uint32_t line) {
  if (!open_.load(std::memory_order_relaxed)) return false;
  const MutexLock lock(mutex_);
  if (!open_.exchange(false, std::memory_order_relaxed)) return false;
  line_.store(line, std::memory_order_relaxed);
  return true;
}

void StaleAttempt::observe(std::uint32_t line, bool stale, Verdict answered) {
  const MutexLock lock(mutex_);
  if (!concerns(line)) return;
  if (stale) {
    if (answered == Verdict::succeeded) {
      conclude(true);
    } else if (!is_refusal(answered)) {
      try_another();
    }
    return;
  }
  if (answered == Verdict::succeeded) {
    conclude(false);
  } else if (is_refusal(answered)) {
    try_another();
  }
}

std::optional<bool> StaleAttempt::accepted() const {
  const MutexLock lock(mutex_);
  return accepted_;
}

void StaleAttempt::try_another() {
  line_.store(0, std::memory_order_relaxed);
  open_.store(true, std::memory_order_relaxed);
}

void StaleAttempt::conclude(bool accepted) {
  line_.store(0, std::memory_order_relaxed);
  accepted_ = accepted;
}

}  // namespace koobatch::engine
