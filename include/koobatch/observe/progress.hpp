#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace koobatch::observe {

/// How a run moves, from snapshots of it: pace now, pace overall, time left. Pure: the time is the caller's.
class Progress {
 public:
  /// The pace "now" is taken over so long.
  static constexpr Duration window = std::chrono::seconds(5);

  /// `now` must not go back.
  void update(const Snapshot& snapshot, TimePoint now);

  const Snapshot& snapshot() const { return last_.snapshot; }
  /// Operations finished a second, over the window and since the first update. 0 until time has passed.
  double rate() const;
  double mean_rate() const;
  /// At the pace of now; nothing while it stands still.
  std::optional<Duration> time_left() const;
  /// 0 to 1; 1 if there is nothing to do.
  double fraction() const;

 private:
  struct Sample {
    TimePoint at;
    Snapshot snapshot;
  };
  static double rate_between(const Sample& from, const Sample& to);

  std::optional<Sample> first_;
  Sample last_;
  std::deque<Sample> recent_;  ///< the oldest one is the last from before the window, if there is one
};

/// One row for a terminal, at most `width` columns of ASCII: what matters least is left out first.
std::string render_bar(const Progress& progress, std::size_t width);
/// One line for a file or pipe.
std::string render_plain(const Progress& progress);

}  // namespace koobatch::observe
