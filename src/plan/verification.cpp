#include "koobatch/plan/verification.hpp"

#include "koobatch/reading/lookup.hpp"
#include "plan/planned_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <vector>

namespace koobatch::plan {
namespace {

using koodrive::Turn;

class Verification final : public koodrive::Dialogue {
 public:
  Verification(const koodrive::Operation& operation, const koodrive::ResourceKind& kind)
      : kind_(kind),
        wanted_(wanted_values(operation, kind)),
        lookup_(kind, std::string(operation.id()), std::string(operation.user())) {}

  std::string_view target() const override { return lookup_.target(); }

  Turn read(const http::Answer& answer, const koodrive::Outcome& outcome, bool) override {
    using Kind = reading::Finding::Kind;
    const auto found = lookup_.take(answer, outcome);
    if (!found) return {.kind = Turn::Kind::read};
    if (found->kind == Kind::absent) return Turn::skip("gone", "the item is not there");
    if (found->kind == Kind::unreadable) {
      return Turn::skip("unreadable", fmt::format("the item cannot be read: {}", found->why));
    }
    if (!is_any_shown(found->item.values)) {
      return Turn::skip("unreadable", "nothing of what the operation sets can be read");
    }
    if (compare(wanted_, found->item.values) == Condition::as_wanted) return {.status = Status::unchanged};
    return Turn::skip("drifted", "the item is not as the operation wants it",
                      describe_present(now_member, wanted_, found->item.values, kind_));
  }

  /// Given up without having been sent.
  bool sent(Status) override { return false; }

 private:
  bool is_any_shown(const state::Values& values) const {
    return std::ranges::any_of(wanted_, [&](const auto& wanted) { return values[wanted.field].has_value(); });
  }

  const koodrive::ResourceKind& kind_;
  const std::vector<PlannedValue> wanted_;
  reading::Lookup lookup_;
};

}  // namespace

bool is_readable(const koodrive::OperationRow& operation, const koodrive::ResourceCatalogue& kinds) {
  return kind_of(operation, kinds) != nullptr;
}

std::unique_ptr<koodrive::Dialogue> Verifications::about(const koodrive::Operation& operation) {
  const auto* kind = kind_of(operation.row(), kinds_);
  assert(kind != nullptr);
  return std::make_unique<Verification>(operation, *kind);
}

}  // namespace koobatch::plan
