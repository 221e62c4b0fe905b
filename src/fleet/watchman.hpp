#pragma once
#include "fleet/watch.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <functional>

namespace koobatch::fleet {

/// Fences workers that give no sign of life.
class Watchman {
 public:
  Watchman(Duration lease, Duration hold) : watch_(lease), hold_(hold) {}

  /// The ledger has acknowledged a heartbeat of our own, over the connection that surveys.
  void own_acknowledged(BootTime now) { watch_.own_acknowledged(now); }
  void restart() { watch_.restart(); }

  struct Sight {
    const Survey& survey;
    BootTime asked;
    BootTime received;
  };
  /// Takes in a survey, and fences the workers that it proves to be lost; `fenced` is called for each.
  Answer<void> observe(Ledger& ledger, WorkerNumber me, const Sight& sight,
                       const std::function<void(const WorkerRow&)>& fenced);

 private:
  Watch watch_;
  Duration hold_;
};

}  // namespace koobatch::fleet
