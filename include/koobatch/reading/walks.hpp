#pragma once
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/reading/confirmations.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace koobatch::reading {

/// Everything of some kinds that users have, as the operations of a run: one for each user and list, which reads that
/// list and changes nothing. Each operation has a key of its own, so that none waits for another.
class Walks final : public koodrive::Dialogues {
 public:
  /// The kinds must outlive it. Precondition: each can be read in lists, and none is named twice.
  explicit Walks(std::span<const koodrive::ResourceKind* const> kinds);
  ~Walks() override;

  /// One for each list.
  const koodrive::OperationCatalogue& operations() const { return *operations_; }
  std::size_t lists() const { return parts_.size(); }
  /// Appends the operations that read what a user has: lines of NDJSON, one for each list.
  void append_records(std::string& out, std::string_view user) const;

  bool reads_first(const koodrive::Operation& /*operation*/) const override { return true; }
  std::unique_ptr<koodrive::Dialogue> about(const koodrive::Operation& operation) override;

 private:
  struct Part {
    Part(const koodrive::ResourceKind& of, const koodrive::ResourceList& read) : kind(of), list(read) {}

    const koodrive::ResourceKind& kind;
    const koodrive::ResourceList& list;
    Confirmations confirmations{};
  };
  struct Texts;

  std::deque<Part> parts_;  ///< in the order of the operations
  std::unique_ptr<koodrive::OperationCatalogue> operations_;
};

}  // namespace koobatch::reading
