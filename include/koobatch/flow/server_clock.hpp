#pragma once
#include "koobatch/core/clock.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::flow {

/// What one thread has learned of the service's clock, for those that have not heard from the service yet: the first
/// request of a run goes alone, and what it proves must do for all of them.
class ClockProof {
 public:
  void publish(Duration offset) { offset_.store(offset.count(), std::memory_order_relaxed); }
  std::optional<Duration> offset() const {
    const auto count = offset_.load(std::memory_order_relaxed);
    return count == none ? std::nullopt : std::optional(Duration(count));
  }

 private:
  static constexpr Duration::rep none = Duration::min().count();
  std::atomic<Duration::rep> offset_{none};
};

/// What time it is for the service, learned from its answers. Every answer proves that the server's now is at least its
/// Date when it is received; the best such proof of the last minutes is believed, whatever our own clock says. Follows
/// steady time only, so a jump of our clock changes nothing once an answer has come. One thread only.
class ServerClock {
 public:
  /// How long a proof counts at most (kept by the minute, so four minutes at least). Old ones give way to newer ones,
  /// so that a server that was wrong and was mended is followed; the last one stands until there is a newer one.
  static constexpr Duration memory = std::chrono::minutes(5);
  /// Stay this much behind what is proven: X-Date must never lie in the server's future.
  static constexpr Duration margin = std::chrono::seconds(1);
  /// X-Date may be this old at most (the reference: "within 15 minutes from the current time").
  static constexpr Duration window = std::chrono::minutes(15);

  ServerClock() = default;
  explicit ServerClock(ClockProof& shared) : shared_(&shared) {}

  /// An answer with this Date header was received. What is no date is ignored.
  void observe(std::string_view date, TimePoint received);
  /// The time to write into X-Date. `wall` is our own clock, used until an answer has told better.
  WallTime x_date(TimePoint now, WallTime wall) const;
  /// Did a request with `sent` as its X-Date, answered with this Date, break the rule for X-Date, as far as that can be
  /// told? Then its refusal is the clock's fault.
  static bool explains_refusal(WallTime sent, std::string_view date);

 private:
  static constexpr std::size_t slots = memory / std::chrono::minutes(1);
  struct Slot {
    std::int64_t minute = -1;  ///< of steady time
    Duration offset{};         ///< the largest Date − receipt seen in it
  };

  std::optional<Duration> offset(TimePoint now) const;

  ClockProof* shared_ = nullptr;
  std::array<Slot, slots> slots_;
  std::string last_date_;  ///< the same Date comes thousands of times a second
  WallTime last_parsed_;
  bool last_valid_ = false;
};

}  // namespace koobatch::flow
