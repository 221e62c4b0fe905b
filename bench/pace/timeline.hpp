#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <queue>
#include <vector>

namespace koobatch::pace_bench {

/// When every run of the scoreboard begins. Not the clock's own origin, so that earlier times exist.
constexpr TimePoint origin{std::chrono::hours(1)};

/// `count` seconds as a Duration.
constexpr Duration from_seconds(double count) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(count));
}
/// Seconds since the run began.
inline double since_origin(TimePoint time) {
  return seconds(time - origin);
}

/// A receiver of events in virtual time.
class Actor {
 public:
  virtual ~Actor() = default;
  /// Handles an event requested with Timeline::at().
  virtual void happen(TimePoint now, std::uint32_t what) = 0;
};

/// Virtual time: pending events, in order of time and, at equal times, of request.
class Timeline {
 public:
  TimePoint now() const { return now_; }
  /// Schedules actor.happen(time, what); if that time is past, it happens next. The actor must outlive the event.
  void at(TimePoint time, Actor& actor, std::uint32_t what) {
    events_.push({std::max(time, now_), ++asked_, &actor, what});
  }
  /// Lets the next event happen. Returns false if there is none before `end`.
  bool advance(TimePoint end) {
    if (events_.empty() || events_.top().at >= end) return false;
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    event.actor->happen(now_, event.what);
    return true;
  }

 private:
  struct Event {
    TimePoint at;
    std::uint64_t number;
    Actor* actor;
    std::uint32_t what;
    friend bool operator>(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }
  };

  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t asked_ = 0;
  TimePoint now_ = origin;
};

}  // namespace koobatch::pace_bench
