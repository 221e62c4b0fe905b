#pragma once
#include "fleet/engine_control.hpp"
#include "fleet/run_limits.hpp"
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace koobatch::fleet {

/// Does what the run as a whole is to do: pauses, waits that the service asks for, and its end.
class RunFollower {
 public:
  /// Waits of the service that differ by less are the same one.
  static constexpr Duration same_wait = std::chrono::seconds(1);

  explicit RunFollower(RunLimits limits) : limits_(std::move(limits)) {}

  enum class Advice : std::uint8_t {
    carry_on,
    stop,        ///< the run ends, or has ended
    leave,       ///< see CutOff::Advice
    stand_back,  ///< likewise
  };
  /// Takes in a survey. Stops the run if its limits are exceeded, and tells others what the service asked for here.
  /// `own_parts`: how many this worker owns.
  Answer<Advice> follow(Ledger& ledger, WorkerNumber me, std::uint32_t own_parts, const Survey& survey,
                        EngineControl& engine, BootTime now);

  /// Why the run stops, a sentence; empty if its user wants it to.
  const std::string& reason() const { return reason_; }

 private:
  Answer<void> share_wait(Ledger& ledger, const RunRow& run, Duration own, EngineControl& engine) const;

  RunLimits limits_;
  std::string reason_;
  CutOff cut_off_;
};

}  // namespace koobatch::fleet
