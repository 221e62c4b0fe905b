#pragma once
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <memory>

namespace koobatch::plan {

/// Reads each item before an operation changes it, so that this can be undone. The operation is sent whatever there
/// was, even if nothing can be read. A note, and the result, say what was there, by the names of the operation's
/// fields:
/// `"was":{"name":"Plans","coverImageUrl":null}`, where null means that the service does not show it; or why that is
/// not known: `"not_captured":"gone"`.
class Captures final : public koodrive::Dialogues {
 public:
  /// The kinds must outlive it.
  explicit Captures(const koodrive::ResourceCatalogue& kinds) : kinds_(kinds) {}

  bool reads_first(const koodrive::Operation& operation) const override;
  std::unique_ptr<koodrive::Dialogue> about(const koodrive::Operation& operation) override;

 private:
  const koodrive::ResourceCatalogue& kinds_;
};

}  // namespace koobatch::plan
