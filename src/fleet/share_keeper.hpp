#pragma once
#include "fleet/engine_control.hpp"
#include "fleet/rate_share.hpp"
#include "koobatch/fleet/ledger.hpp"

namespace koobatch::fleet {

/// Keeps a worker's share of the run's rate, in the ledger and in its engine.
class ShareKeeper {
 public:
  /// `rate_per_user`: the run's, requests a second; 0: no limit.
  explicit ShareKeeper(double rate_per_user) : rate_per_user_(rate_per_user) {}

  /// Before the first survey nothing may be sent: whether there is a limit is not known.
  void begin(EngineControl& engine) { engine.set_rate(EngineControl::Rate{.rate = 0, .burst = 1}); }
  /// Makes a new plan, asks for what that takes, and sets the engine's pace.
  Answer<void> follow(Ledger& ledger, const Enrolment& me, const Survey& survey, EngineControl& engine);
  const RateShare& share() const { return share_; }

 private:
  void apply(EngineControl& engine) const;

  double rate_per_user_;
  RateShare share_;
};

}  // namespace koobatch::fleet
