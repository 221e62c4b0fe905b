#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/loader.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::fleet {

/// Records the results of operations that cannot be sent, such as invalid ones, while their run is being loaded: as an
/// enrolment of its own, so that every collector finds them.
class SubmitterRecords {
 public:
  /// `name`: of the submitter, for people. `ledger` must outlive it.
  SubmitterRecords(Ledger& ledger, RunNumber run, std::string name, TryAgain try_again);
  ~SubmitterRecords();

  /// Takes a whole line of a report, a `result`. Becomes durable with finish() at the latest.
  Answer<void> add(std::string_view line);
  /// Makes everything durable, and ends the enrolment.
  Answer<void> finish();
  /// Ends the enrolment, if there is one, because the run will never begin. Asks the ledger only once.
  void abandon();

  std::uint64_t count() const { return count_; }

 private:
  struct Enrolled;

  Answer<void> commit();

  Ledger& ledger_;
  const RunNumber run_;
  const std::string name_;
  const TryAgain try_again_;
  std::unique_ptr<Enrolled> enrolled_;  ///< null: there was nothing to record yet
  std::string lines_;
  std::uint64_t count_ = 0;
};

}  // namespace koobatch::fleet
