#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/collector.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <string_view>

namespace koobatch::fleet {

class Watchman;

/// The surroundings of a collection. All functions are called on its thread.
class CollectionEvents {
 public:
  virtual ~CollectionEvents() = default;
  virtual BootTime now() = 0;
  /// Whether to end although the run has not.
  virtual bool interrupted() = 0;
  /// A round is over.
  virtual void collected(const Collector::Round& round) = 0;
  /// The ledger cannot be reached, or does not answer. Waits a little; returns whether to try again.
  virtual bool wait_to_try_again(const Error& cause) = 0;
  /// This worker of a run that is being stopped was silent for longer than its lease, and has been fenced.
  virtual void fenced(const WorkerRow& worker) = 0;
};

enum class CollectionEnd : std::uint8_t {
  closed,      ///< the run has ended, and the report has its `end` line
  up_to_date,  ///< the report has what has been recorded until now
  interrupted,
};

/// Collects until the run has ended, or once.
///
/// A run that is being stopped has ended when all of its workers have left. One that no longer exists never leaves, and
/// perhaps nobody is left to fence it, so a collection that follows the run does so after the worker's lease. One that
/// does not follow ends at once; the report gets its `end` line in the next collection after the worker is fenced.
class Collection {
 public:
  struct Settings {
    bool follow = false;
    Duration interval = std::chrono::seconds(1);  ///< between two rounds, unless there is news
  };

  /// All must outlive it.
  Collection(Ledger& ledger, RunNumber run, Collector& collector, Settings settings, CollectionEvents& events);

  Answer<CollectionEnd> run();

 private:
  bool tries_again(const Failure& failure);
  /// The `end` line, as far as it does not depend on why the run has ended.
  report::EndRecord end_of(const RunRow& run) const;
  Answer<CollectionEnd> close(const RunRow& run);
  Answer<CollectionEnd> close_lost(const Failure& failure);
  /// Ends a run that is being stopped or was aborted if its workers have left, and fences those that are lost.
  /// Returns whether anything has changed.
  Answer<bool> settle(const Survey& survey, Watchman& watchman, BootTime asked);

  Ledger& ledger_;
  const RunNumber run_;
  Collector& collector_;
  const Settings settings_;
  CollectionEvents& events_;
  std::uint64_t requests_ = 0;  ///< of all workers, by the last survey
};

}  // namespace koobatch::fleet
