#pragma once
#include "fleet/part_book.hpp"
#include "fleet/shared_book.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace koobatch::fleet {

/// Which groups of enrolments that are over have been read. Nothing is added to those any more.
class GroupsRead {
 public:
  /// Groups that are missing, in order: those after `after`, up to `last`, or to the end.
  struct Gap {
    GroupNumber after = 0;
    std::optional<GroupNumber> last{};
  };
  /// The first gap if all groups after `from` are wanted; nothing if there is none.
  std::optional<Gap> find_gap(WorkerNumber worker, GroupNumber from) const;
  /// The groups after `gap.after` and up to `last` have been read; nothing: there are none.
  void filled(WorkerNumber worker, const Gap& gap, std::optional<GroupNumber> last);

 private:
  /// Groups after `after`, up to `last`.
  struct Stretch {
    GroupNumber after = 0;
    GroupNumber last = 0;
    bool whole = false;  ///< none follow
  };
  /// Ascending, and with gaps between them.
  std::map<WorkerNumber, std::vector<Stretch>> read_;
};

/// Reads what earlier owners of this worker's parts have recorded. A group is read once, however many of the parts were
/// its worker's: it holds results of all of them.
class PartHistory {
 public:
  /// All must outlive it.
  PartHistory(Ledger& ledger, const Enrolment& me, RunNumber run, SharedBook& book)
      : ledger_(ledger), me_(me), run_(run), book_(book) {}

  /// Reads a portion of what is wanted. Parts are never lost meanwhile, so the next call goes on with the same part.
  Answer<void> read(const PartBook::History& wanted);

 private:
  Answer<void> find_owners(const PartBook::History& wanted);
  Answer<void> read_groups(WorkerNumber worker, const GroupsRead::Gap& gap);

  Ledger& ledger_;
  const Enrolment& me_;
  const RunNumber run_;
  SharedBook& book_;
  /// Of which part these are the earlier owners, and over which connection that was learned.
  struct Found {
    PartNumber part = 0;
    std::uint64_t connection = 0;
    std::vector<EarlierOwner> owners;
  };
  std::optional<Found> found_;
  GroupsRead groups_read_;
};

}  // namespace koobatch::fleet
