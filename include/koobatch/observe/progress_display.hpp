#pragma once
#include "koobatch/observe/console.hpp"
#include "koobatch/observe/progress.hpp"

#include <memory>
#include <optional>

namespace koobatch::observe {

enum class ProgressMode {
  automatic,  ///< bar on a terminal, plain elsewhere
  bar,        ///< as automatic: nothing can be redrawn where there is no terminal
  plain,      ///< a line every few seconds
  none,
};

/// Shows a run's progress on the console while it goes on. One thread.
class ProgressDisplay {
 public:
  static constexpr Duration plain_interval = std::chrono::seconds(5);

  ProgressDisplay(ProgressMode mode, std::shared_ptr<Console> console);
  ~ProgressDisplay();  ///< takes the bar away

  /// To be called several times a second; draws what is due.
  void update(const Snapshot& snapshot, TimePoint now);

 private:
  ProgressMode mode_;  ///< bar, plain or none
  std::shared_ptr<Console> console_;
  Progress progress_;
  std::optional<TimePoint> next_line_;
};

}  // namespace koobatch::observe
