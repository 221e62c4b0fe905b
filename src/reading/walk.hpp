#pragma once
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/reading/confirmations.hpp"
#include "koobatch/reading/list_walk.hpp"
#include "koobatch/reading/notes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::reading {

/// A list of one user with more pages, which would be of a million resources if they did not overlap, has no end.
constexpr std::uint64_t max_pages(const koodrive::ResourceList& list) {
  return 1'000'000 / list.size;
}

/// Reads one list of a user from its first page to its end, and records its items page by page. Its operation is never
/// sent.
class Walk final : public koodrive::Dialogue {
 public:
  /// Kind, list and confirmations must outlive it.
  Walk(const koodrive::ResourceKind& kind, const koodrive::ResourceList& list, std::string user,
       Confirmations& confirmations)
      : kind_(kind), user_(std::move(user)), confirmations_(confirmations), list_(list), walk_(list, max_pages(list)) {
    walk_.begin(confirmations_.next());
    begin_.emplace();
  }

  std::string_view target() const override { return walk_.target(); }
  koodrive::Turn read(const http::Answer& answer, const koodrive::Outcome& outcome, bool maybe_applied) override;
  bool sent(Status) override { return false; }

 private:
  WalkEnd end() const;

  const koodrive::ResourceKind& kind_;
  const std::string user_;
  Confirmations& confirmations_;
  const koodrive::ResourceList& list_;
  ListWalk walk_;
  std::optional<WalkBegin> begin_;  ///< of the present attempt, until its first page is recorded
  std::uint64_t unreadable_ = 0;    ///< in the present attempt
};

}  // namespace koobatch::reading
