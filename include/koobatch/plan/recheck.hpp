#pragma once
#include "koobatch/core/mutex.hpp"
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <memory>

namespace koobatch::plan {

/// How the operations of a plan are carried out.
struct RecheckSettings {
  bool before = true;   ///< each item is read before it is changed, and left as it is if another has changed it
  double verified = 1;  ///< percent of the changes that are read back
};

/// Reads the items that a plan's operations change: before, so that nothing is overwritten that another has changed
/// since the plan was made, and after, where only reading back tells what was stored.
class Rechecks final : public koodrive::Dialogues {
 public:
  /// The kinds must outlive it.
  Rechecks(const koodrive::ResourceCatalogue& kinds, const RecheckSettings& settings)
      : kinds_(kinds), settings_(settings) {}

  bool read_first() const override { return settings_.before; }
  std::unique_ptr<koodrive::Dialogue> about(const koodrive::Operation& operation) override;
  void ended(const koodrive::Operation& operation, Status status) override;

  /// Reports that an operation of this group ended unfulfilled, in an earlier segment of the run.
  void break_group(std::uint64_t key_hash);
  /// Whether an operation of the group was not fulfilled, on which the later ones depend.
  bool is_broken(std::uint64_t key_hash) const;

 private:
  const koodrive::ResourceCatalogue& kinds_;
  const RecheckSettings settings_;
  mutable Mutex mutex_;
  boost::unordered_flat_set<std::uint64_t> broken_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::plan
