#pragma once
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <memory>

namespace koobatch::plan {

/// Whether items are read that operations of this kind change.
bool is_readable(const koodrive::OperationRow& operation, const koodrive::ResourceCatalogue& kinds);

/// Reads the items that operations have changed, and sends nothing else: each ends `unchanged` if its item is as the
/// operation wants it.
class Verifications final : public koodrive::Dialogues {
 public:
  /// The kinds must outlive it.
  explicit Verifications(const koodrive::ResourceCatalogue& kinds) : kinds_(kinds) {}

  bool reads_first(const koodrive::Operation& /*operation*/) const override { return true; }
  /// Precondition: is_readable().
  std::unique_ptr<koodrive::Dialogue> about(const koodrive::Operation& operation) override;

 private:
  const koodrive::ResourceCatalogue& kinds_;
};

}  // namespace koobatch::plan
