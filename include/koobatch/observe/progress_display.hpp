#pragma once
#include "koobatch/observe/console.hpp"
#include "koobatch/observe/progress.hpp"

#include <memory>
#include <optional>

namespace koobatch::observe {

enum class ProgressMode {
  automatic,  ///< bar on a terminal, plain elsewhere and for build servers
  bar,        ///< bar on a terminal; where there is none, nothing can be redrawn
  plain,      ///< a line every few seconds
  none,
};

/// Shows the progress of a running run on the console. For use by one thread.
class ProgressDisplay {
 public:
  static constexpr Duration plain_interval = std::chrono::seconds(5);

  ProgressDisplay(ProgressMode mode, std::shared_ptr<Console> console);
  ~ProgressDisplay();  ///< removes the bar

  /// Draws what is due. To be called several times a second.
  void show(const Progress& progress, TimePoint now);

 private:
  ProgressMode mode_;  ///< bar, plain or none
  std::shared_ptr<Console> console_;
  std::optional<TimePoint> next_line_;
};

}  // namespace koobatch::observe
