#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace koobatch::observe {

/// How a run moves, from snapshots of it: pace now, pace overall, time left. Pure: the time is the caller's.
class Progress {
 public:
  /// The pace "now" is taken over so long.
  static constexpr Duration window = std::chrono::seconds(5);
  /// What is left is estimated from the last so much time in which something could be sent, and the waits in between.
  static constexpr Duration estimate_window = std::chrono::minutes(1);

  /// `now` must not go back.
  void update(const Snapshot& snapshot, TimePoint now);

  const Snapshot& snapshot() const { return last_; }
  /// Since the first update.
  Duration elapsed() const { return at_ - started_; }
  /// Operations finished a second, over the window and since the first update. 0 until time has passed.
  double rate() const;
  double mean_rate() const;
  /// With the rest of a wait that the service asked for, and as many such waits as there were lately. Nothing while
  /// nobody can tell.
  std::optional<Duration> time_left() const;
  /// 0 to 1; 1 if there is nothing to do.
  double fraction() const;
  /// Rounded down, so that 100 means all.
  int percent() const { return static_cast<int>(fraction() * 100); }

 private:
  /// What was finished by then. Of the time, outages and pauses of the user's do not count: they tell nothing of what
  /// is to come.
  struct Sample {
    TimePoint at;
    std::uint64_t finished = 0;
    Duration working{};  ///< something could be sent
    Duration waited{};   ///< nothing could, because the service asked to wait; of a wait that is over
  };
  void pass(Duration time);
  double estimated_rate() const;

  Snapshot last_;
  TimePoint started_;
  TimePoint at_;
  std::uint64_t finished_first_ = 0;
  Duration working_{};
  Duration waited_{};
  Duration waiting_{};  ///< the wait under way, so far
  // The oldest one of each is the last from before its window, if there is one.
  std::deque<Sample> recent_;
  std::deque<Sample> estimate_;
};

/// In a few words what holds a run back: "throttled to 120/s by HTTP 429". Empty if nothing does.
std::string describe(const Snapshot& snapshot);

/// Whole seconds, rounded up: "12s", "3m05s".
std::string format_seconds(Duration d);
/// The same of time that has passed, rounded down.
std::string format_elapsed(Duration d);

/// One row for a terminal, at most `width` columns of ASCII: what matters least is left out first.
std::string render_bar(const Progress& progress, std::size_t width);
/// One line for a file or pipe.
std::string render_plain(const Progress& progress);

}  // namespace koobatch::observe
