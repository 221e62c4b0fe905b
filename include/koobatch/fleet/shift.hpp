#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/state_folder.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

// A shift: what a worker does under one enrolment, from claiming its first part to leaving.

namespace koobatch::fleet {

/// Why a shift ends.
struct ShiftEnd {
  enum class Kind : std::uint8_t {
    completed,   ///< every operation of the run has a result
    stopped,     ///< the run is stopping, or has ended
    cut_off,     ///< this worker gets no answers from the service, and others do
    stood_back,  ///< this worker gets no answers from the service, and others had nothing to do
    fenced,      ///< others have taken over its parts: work may continue with a new enrolment
    lost,        ///< the ledger has lost what it had acknowledged: the run is aborted
    failed,      ///< something that is needed cannot be had: `error`
    ended,       ///< the engine ended by itself, or because the user wanted it
  };
  Kind kind = Kind::ended;
  std::optional<Error>
      error{};  ///< for `lost` and `failed`, if the run has stopped because of it, and if the engine has
};

struct ShiftSettings {
  RunRow run;
  engine::RunSettings engine;  ///< without a report, a gate, and the run's rate
  std::string name;            ///< of the worker, for people
  std::uint64_t nonce = 0;     ///< drawn for this shift: identifies an enrolment that was not answered
  double rate_per_user = 0;    ///< the run's; 0: no limit
  /// The shift before ended so, and the service has not answered since: this one tries with a single part.
  bool has_stood_back = false;
};

/// How a shift went.
struct ShiftResult {
  ShiftEnd end;
  engine::RunResult engine;   ///< about this shift alone
  std::uint64_t dropped = 0;  ///< results that could no longer be recorded: others obtain them again
  bool left = false;          ///< the ledger knows that it is over
  bool answered = false;      ///< by the service
};

/// The gauges of a shift.
struct ShiftGauges {
  WorkerNumber worker = 0;
  double share = 0;  ///< requests a second; 0: no limit
  std::uint32_t parts = 0;
  std::uint64_t waiting = 0;  ///< operations that wait for what an earlier owner may still send
  GroupNumber groups = 0;
  bool standing_down = false;
};

class Shift {
 public:
  /// Enrols and begins to work. `commits` and `rest`: connections to the same ledger; both and `state` must outlive it.
  static Answer<std::unique_ptr<Shift>> begin(const ShiftSettings& settings, Ledger& commits, Ledger& rest,
                                              StateFolder& state);
  /// Ends a shift that was not finished, like a crash.
  ~Shift();

  /// The engine's run, to be watched until it ends.
  engine::Run& run();
  ShiftGauges gauges() const;
  /// Commits what there is to commit, and leaves. Waits for a silent ledger for as long as `patience`. Precondition:
  /// run().wait() returned true; to be called once.
  ShiftResult finish(Duration patience);

  struct Parts;

 private:
  explicit Shift(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace koobatch::fleet
