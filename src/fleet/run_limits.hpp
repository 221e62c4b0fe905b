#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/flow/error_limit.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace koobatch::fleet {

/// The sums over all enrolments of a run, also those that are over.
struct RunTotals {
  std::uint64_t finished = 0;
  std::uint64_t fulfilled = 0;
  std::uint64_t rejected = 0;
  std::uint64_t errors = 0;   ///< rejected, failed or unknown
  std::uint64_t held = 0;     ///< refused alike, and not final yet
  bool any_answered = false;  ///< some worker sends, and has no refusals held back
};
RunTotals sum(std::span<const WorkerRow> workers);

/// Decides whether a run must stop because of what all of its workers have counted together; the first worker to see it
/// stops the run. Without a limit, the run stops if its first results are all rejections, or if all workers are refused
/// alike now: each worker alone would notice only after as many of its own.
class RunLimits {
 public:
  explicit RunLimits(flow::ErrorLimit limit) : limit_(std::move(limit)) {}

  /// Why the run must stop, a sentence; nothing if it may continue.
  std::optional<std::string> find_reason(const RunTotals& totals) const;

 private:
  flow::ErrorLimit limit_;
};

/// Notices that this worker gets no answers from the service, although others could do its work.
class CutOff {
 public:
  /// For so long this worker has had no answer.
  static constexpr Duration patience = std::chrono::seconds(30);
  /// And the last time that others succeeded was no longer ago than this.
  static constexpr Duration lately = std::chrono::seconds(10);

  /// How things stand, as surveyed.
  struct Sight {
    std::span<const WorkerRow> workers;
    WorkerNumber me = 0;
    bool silent = false;       ///< the service gives this worker no answers now: its breaker is open
    bool others_idle = false;  ///< others are alive, and have nothing to do because this worker has everything
  };
  enum class Advice : std::uint8_t {
    carry_on,
    leave,       ///< others have results: this worker alone is cut off
    stand_back,  ///< perhaps others have better luck; with nothing to do they cannot show it
  };
  Advice observe(const Sight& sight, BootTime now);

 private:
  std::optional<BootTime> since_;  ///< silent
  std::optional<BootTime> risen_;  ///< when others were last seen to succeed, since then
  std::uint64_t others_ = 0;       ///< their successes, as last seen
};

}  // namespace koobatch::fleet
