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

/// What happens to a request instead of a good answer.
struct FaultHit {
  FaultKind kind = FaultKind::status;
  int status = 0;                  ///< FaultKind::status only
  std::optional<int> retry_after;  ///< FaultKind::status only; seconds
  bool applies = false;            ///< whether the operation takes effect nevertheless
};

/// A usage error if the rates add up to more than 1: at most one fault hits a request.
Result<void> check_faults(std::span<const Fault> faults);

/// Draws which fault, if any, hits a request. The sequence depends only on the seed, so equal seeds and equal orders of
/// requests make equal runs.
class Faults {
 public:
  Faults(std::vector<Fault> faults, std::uint64_t seed);
  /// Must be called exactly once per operation request.
  std::optional<FaultHit> draw();

 private:
  std::vector<Fault> faults_;
  std::mt19937_64 random_;
};

/// Draws how long an answer is delayed: `base` plus a uniform share of `jitter`. It has its own random sequence, so
/// that jitter does not affect which requests are hit by faults.
class Latency {
 public:
  Latency(Duration base, Duration jitter, std::uint64_t seed);
  Duration draw();

 private:
  Duration base_, jitter_;
  std::mt19937_64 random_;
};

}  // namespace koobatch::sim
