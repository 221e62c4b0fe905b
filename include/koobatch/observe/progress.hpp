#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace koobatch::observe {

/// How a run progresses, computed from snapshots: current pace, overall pace, time left. Pure: the time is passed in.
class Progress {
 public:
  /// The window over which the current pace is measured.
  static constexpr Duration window = std::chrono::seconds(5);
  /// Time left is estimated from this much recent time in which something could be sent, and the waits in between.
  static constexpr Duration estimate_window = std::chrono::minutes(1);

  /// Precondition: `now` never decreases.
  void update(const Snapshot& snapshot, TimePoint now);

  const Snapshot& snapshot() const { return last_; }
  /// Since the first update.
  Duration elapsed() const { return at_ - started_; }
  /// Operations finished a second, over the window and since the first update. 0 before any time has passed.
  double rate() const;
  double mean_rate() const;
  /// Includes the rest of a wait the service asked for, and further waits at their recent frequency. Nothing if it
  /// cannot be estimated.
  std::optional<Duration> time_left() const;
  /// 0 to 1; 1 if there is nothing to do.
  double fraction() const;
  /// Rounded down, so that 100 means all.
  int percent() const { return static_cast<int>(fraction() * 100); }

 private:
  /// What was finished by a point in time. Outages and the user's pauses do not count as time: they say nothing about
  /// the future.
  struct Sample {
    TimePoint at;
    std::uint64_t finished = 0;
    Duration working{};  ///< something could be sent
    Duration waited{};   ///< nothing could, because the service asked to wait; finished waits only
  };
  void pass(Duration time);
  double estimated_rate() const;

  Snapshot last_;
  TimePoint started_;
  TimePoint at_;
  std::uint64_t finished_first_ = 0;
  Duration working_{};
  Duration waited_{};
  Duration waiting_{};  ///< the present wait, so far
  // The front of each queue is the last sample from before its window, if there is one.
  std::deque<Sample> recent_;
  std::deque<Sample> estimate_;
};

/// What limits a run, in a few words: "throttled to 120/s by HTTP 429". Empty if nothing does.
std::string describe(const Snapshot& snapshot);

/// Whole seconds, rounded up, for time to come: "12s", "3m05s".
std::string format_seconds(Duration d);
/// Whole seconds, rounded down, for elapsed time.
std::string format_elapsed(Duration d);

/// One row for a terminal, at most `width` columns of ASCII: the least important parts are left out first.
std::string render_bar(const Progress& progress, std::size_t width);
/// One line for a file or pipe.
std::string render_plain(const Progress& progress);

}  // namespace koobatch::observe
