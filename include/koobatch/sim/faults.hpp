#pragma once
#include "koobatch/sim/simulator.hpp"

#include <random>
#include <span>

namespace koobatch::sim {

/// The names used on the command line, in the log and in the statistics, indexed by FaultKind.
constexpr std::array<std::string_view, 6> fault_names = {"status", "reset", "drop", "truncate", "garbage", "stall"};
constexpr std::string_view to_string(FaultKind kind) {
  return fault_names[static_cast<std::size_t>(kind)];
}

/// What happens to one request instead of a good answer.
struct FaultHit {
  FaultKind kind = FaultKind::status;
  int status = 0;                  ///< FaultKind::status only
  std::optional<int> retry_after;  ///< FaultKind::status only; seconds
  bool applies = false;            ///< is the operation's effect real all the same?
};

/// An error (usage) if the rates add up to more than 1: a request is hit by one fault at most.
Result<void> check_faults(std::span<const Fault> faults);

/// Draws which fault, if any, hits a request. The sequence of answers depends on the seed alone, so equal seeds and
/// equal orders of requests make equal runs.
class Faults {
 public:
  Faults(std::vector<Fault> faults, std::uint64_t seed);
  /// To be called once per operation request.
  std::optional<FaultHit> draw();

 private:
  std::vector<Fault> faults_;
  std::mt19937_64 random_;
};

/// Draws how long an answer is held back: `base` and a uniform share of `jitter`. A sequence of its own, so that jitter
/// does not change which requests are hit by faults.
class Latency {
 public:
  Latency(Duration base, Duration jitter, std::uint64_t seed);
  Duration draw();

 private:
  Duration base_, jitter_;
  std::mt19937_64 random_;
};

}  // namespace koobatch::sim
