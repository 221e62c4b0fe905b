#pragma once
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

// What a worker leaves to its successor on the same machine. A free lock proves that the earlier process is dead, so
// its successor need not wait for the lease to end. That proof must hold: hence only local disks, and no copies.

namespace koobatch::fleet {

/// What a worker's successor must know about it.
struct WorkerMemory {
  std::string run_id;
  RunNumber run = 0;
  Enrolment enrolment;
  GroupNumber group = 0;  ///< the last one that the ledger acknowledged

  bool operator==(const WorkerMemory& other) const {
    return run_id == other.run_id && run == other.run && enrolment.number == other.enrolment.number &&
           enrolment.nonce == other.enrolment.nonce && enrolment.trace_prefix == other.enrolment.trace_prefix &&
           group == other.group;
  }
};

/// Where a state file is, so that a copy of it is recognised.
struct Place {
  std::string machine;      ///< "-" if the machine has no ID
  std::string boot;         ///< identifies the machine's present boot
  std::uint64_t inode = 0;  ///< of the state file
  std::int64_t birth = 0;   ///< when that was created, in ns since 1970; 0 if the file system does not say
};

/// Where a machine says which one it is.
struct MachineFiles {
  std::filesystem::path machine_id = "/etc/machine-id";
  std::filesystem::path boot_id = "/proc/sys/kernel/random/boot_id";
};

/// A worker's state folder, locked during the lifetime of this object. Nothing in it is secret.
class StateFolder {
 public:
  /// Creates the folder if necessary, and locks it. Returns null if another process holds the lock. A usage error if
  /// locks there prove nothing: on a network file system, or in a folder that was copied from elsewhere.
  static Result<std::unique_ptr<StateFolder>> try_open(const std::filesystem::path& folder,
                                                       const MachineFiles& files = {});
  /// Opens this folder; a usage error if another process holds its lock.
  static Result<std::unique_ptr<StateFolder>> open(const std::filesystem::path& folder);
  /// Opens the first free one of `base`, `base`-2, `base`-3, …
  static Result<std::unique_ptr<StateFolder>> open_free(const std::filesystem::path& base);

  const std::filesystem::path& path() const { return path_; }
  /// The enrolment left here by a process that is certainly dead; nothing if there is none.
  const std::optional<WorkerMemory>& earlier() const { return earlier_; }
  /// Remembers an enrolment, durably.
  Result<void> remember(const WorkerMemory& memory);
  /// Remembers a group that the ledger has acknowledged. Survives the process, but not a power failure, after which
  /// there is an older number that is just as true. Safe to call from any thread.
  Result<void> acknowledged(GroupNumber group);
  /// Forgets the enrolment, which has ended properly.
  Result<void> forget();

 private:
  StateFolder(std::filesystem::path path, Descriptor file, Place place);
  Result<void> load();
  Result<void> write(const std::optional<WorkerMemory>& memory, bool durably) REQUIRES(mutex_);

  const std::filesystem::path path_;
  const Descriptor file_;
  const Place place_;
  std::optional<WorkerMemory> earlier_;
  Mutex mutex_;
  std::optional<WorkerMemory> memory_ GUARDED_BY(mutex_);
  std::uint64_t sequence_ GUARDED_BY(mutex_) = 0;
};

/// Where workers keep their state unless the user says otherwise: what systemd names, or the user's folder for such.
/// Empty if the environment names neither.
std::filesystem::path default_state_folder();

}  // namespace koobatch::fleet
