#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace koobatch::fleet {

/// Finds out which other workers may be fenced: those whose beat has stood still for longer than their lease, by our
/// own clock alone. That is measured from when a beat was first seen to when the survey was *asked for* that still
/// shows it, over one connection, on which our own statements were acknowledged all the while. So nobody is fenced
/// because the ledger was silent, or because commits waited for a standby: others could not beat then, either.
///
/// No clock, no I/O; not thread-safe.
class Watch {
 public:
  explicit Watch(Duration lease) : lease_(lease) {}

  /// How long a beat must have stood still: the lease, a margin for clocks that run at different speeds, and a second.
  static Duration patience(Duration lease);
  /// Without an acknowledgement for longer than this, all watches start anew. Short leases leave less than a watcher
  /// needs that beats every two seconds, or asks once a second.
  static Duration longest_silence(Duration lease) { return std::max<Duration>(lease / 4, std::chrono::seconds(3)); }

  /// Reports that the ledger has acknowledged a synchronous statement of our own.
  void own_acknowledged(BootTime now);
  /// All watches start anew: the connection was lost.
  void restart() { seen_.clear(); }

  /// A worker that may be fenced, if its beat is still this one.
  struct Suspect {
    WorkerNumber worker = 0;
    std::uint64_t beat = 0;

    bool operator==(const Suspect&) const = default;
  };
  /// Takes in what was asked for at `asked` and received at `received`, over this connection (Ledger::connection()).
  std::vector<Suspect> observe(std::span<const WorkerRow> workers, WorkerNumber me, std::uint64_t connection,
                               BootTime asked, BootTime received);

 private:
  struct Seen {
    std::uint64_t beat;
    BootTime since;
  };

  Duration lease_;
  boost::unordered_flat_map<WorkerNumber, Seen> seen_;
  std::uint64_t connection_ = 0;
  std::optional<BootTime> acknowledged_;  ///< when the ledger last did
};

}  // namespace koobatch::fleet
