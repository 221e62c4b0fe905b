#pragma once
#include "pace/service.hpp"
#include "pace/timeline.hpp"
#include "pace/trace.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace koobatch::pace_bench {

/// What a client must get done.
struct Job {
  std::uint64_t operations = 0;
  std::uint32_t users = 1;  ///< they take turns
  double rate = 0;          ///< requests a second that the user allows; 0: unlimited
  unsigned connections = 16;
  double start = 0;                     ///< seconds since the run began
  double pause_from = 0, pause_to = 0;  ///< the user's pause
};

/// The progress of a client. Times are in seconds since the run began.
struct Progress {
  std::optional<double> finished;  ///< when the last operation was done
  double last_fresh = 0;           ///< when an operation was last sent for the first time
  std::uint64_t lost = 0;          ///< operations that ended without success
};

/// A client taking part in the comparison.
class Contestant : public Actor {
 public:
  virtual const Progress& progress() const = 0;
};

enum class Player { koobatch, backoff, aimd, cubic };

/// What a client sends to: the service, and the record of what it did. Both must outlive the client.
struct Door {
  Timeline& timeline;
  Service& service;
  Trace& trace;
  DeclarationSpec::Form declared = DeclarationSpec::Form::none;  ///< what clients read from answers
};

/// How long a client waits for an answer.
constexpr Duration answer_timeout = std::chrono::seconds(30);

/// Makes a client that begins at the time its job says.
std::unique_ptr<Contestant> make_contestant(Player player, const Door& door, const Job& job, std::uint64_t seed);

}  // namespace koobatch::pace_bench
