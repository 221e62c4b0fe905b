#pragma once
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <cstdint>
#include <memory>

namespace koobatch::plan {

/// How the operations of a plan are carried out.
struct RecheckSettings {
  bool before = true;      ///< each item is read before it is changed, and left as it is if another has changed it
  double verified = 1;     ///< percent of the changes that are read back
  std::uint32_t seed = 0;  ///< of the choice of those
};

/// Reads the items that a plan's operations change: before, so that nothing is overwritten that another has changed
/// since the plan was made, and after, where only reading back tells what was stored.
class Rechecks final : public koodrive::Dialogues {
 public:
  /// The kinds must outlive it.
  Rechecks(const koodrive::ResourceCatalogue& kinds, const RecheckSettings& settings)
      : kinds_(kinds), settings_(settings) {}

  bool reads_first(const koodrive::Operation& /*operation*/) const override { return settings_.before; }
  std::unique_ptr<koodrive::Dialogue> about(const koodrive::Operation& operation) override;

 private:
  const koodrive::ResourceCatalogue& kinds_;
  const RecheckSettings settings_;
};

}  // namespace koobatch::plan
