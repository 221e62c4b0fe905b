#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/descriptor.hpp"

#include <poll.h>

#include <vector>

namespace koobatch::postgres {

enum class Woken : std::uint8_t {
  ready,        ///< at least one descriptor is
  late,         ///< none was until the time given
  interrupted,  ///< Interrupt::interrupt() was called, perhaps long ago
};

/// Ends all waiting, for good. interrupt() may be called from any thread and from signal handlers.
class Interrupt {
 public:
  Interrupt();
  void interrupt();
  bool is_interrupted() const;
  /// Waits for the events of `polled`, whose `revents` say afterwards which came.
  Woken wait(std::vector<pollfd>& polled, TimePoint until) const;
  /// Waits for one descriptor.
  Woken wait(int fd, short events, TimePoint until) const;

 private:
  Descriptor event_;
};

}  // namespace koobatch::postgres
