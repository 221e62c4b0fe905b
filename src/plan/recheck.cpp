#include "koobatch/plan/recheck.hpp"

#include "koobatch/reading/lookup.hpp"
#include "plan/planned_values.hpp"

#include <fmt/format.h>

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::plan {
namespace {

using koodrive::Turn;

/// Whether a change is one of those that are read back, so and so many of a hundred.
bool is_chosen(std::uint32_t line, double percent) {
  constexpr std::uint32_t of_all = 10'000;
  // Neighbours are far apart after this multiplication (Knuth, 6.4).
  constexpr std::uint32_t spread = 2'654'435'761U;
  return static_cast<double>(line * spread % of_all) < percent * (of_all / 100.0);
}

class Recheck final : public koodrive::Dialogue {
 public:
  Recheck(const koodrive::Operation& operation, const koodrive::ResourceKind& kind, std::vector<PlannedValue> planned,
          bool verifies)
      : operation_(operation), kind_(kind), planned_(std::move(planned)), verifies_(verifies), lookup_(new_lookup()) {}

  std::string_view target() const override { return target_ = lookup_->target(); }

  Turn read(const http::Answer& answer, const koodrive::Outcome& outcome, bool maybe_applied) override {
    const auto found = lookup_->take(answer, outcome);
    if (!found) return {.kind = Turn::Kind::read};
    // Whatever is read after this is read anew.
    lookup_ = new_lookup();
    return sent_as_ ? judge_after(*found) : judge_before(*found, maybe_applied);
  }

  bool sent(Status status) override {
    sent_as_ = status;
    return status == Status::unknown || (status == Status::succeeded && verifies_);
  }

 private:
  std::unique_ptr<reading::Lookup> new_lookup() const {
    return std::make_unique<reading::Lookup>(kind_, std::string(operation_.id()), std::string(operation_.user()));
  }

  Turn judge_before(const reading::Finding& found, bool maybe_applied) const {
    using Kind = reading::Finding::Kind;
    const auto leave = [&](std::string reason, std::string error, std::string note = {}) {
      auto turn = Turn::skip(std::move(reason), std::move(error), std::move(note));
      if (!maybe_applied) return turn;
      turn.status = Status::unknown;
      turn.error += "; an earlier attempt may have been applied";
      return turn;
    };
    if (found.kind == Kind::absent) return leave("gone", "the item is no longer there");
    if (found.kind == Kind::unreadable) {
      return leave("unreadable", fmt::format("the item cannot be read: {}", found.why));
    }
    switch (compare(planned_, found.item.values)) {
      case Condition::as_planned:
        return {.kind = Turn::Kind::write};
      case Condition::as_wanted:
        // An attempt whose answer was lost has most likely done it.
        return {.status = maybe_applied ? Status::succeeded : Status::unchanged};
      case Condition::drifted:
        break;
    }
    return leave("drifted", "somebody else has changed the item since the plan was made",
                 describe_present(was_member, planned_, found.item.values, kind_));
  }

  /// What reading back says about an operation that was sent.
  Turn judge_after(const reading::Finding& found) const {
    if (found.kind != reading::Finding::Kind::present) return {.status = *sent_as_};
    if (compare(planned_, found.item.values) == Condition::as_wanted) return {.status = Status::succeeded};
    auto now = describe_present(now_member, planned_, found.item.values, kind_);
    // What was in doubt may still arrive.
    if (*sent_as_ == Status::unknown) return {.status = Status::unknown, .note = std::move(now)};
    return {Turn::Kind::end, Status::rejected, "stored_otherwise",
            "the service confirmed the change, but shows a different value", std::move(now)};
  }

  const koodrive::Operation& operation_;
  const koodrive::ResourceKind& kind_;
  const std::vector<PlannedValue> planned_;
  const bool verifies_;
  std::optional<Status> sent_as_;  ///< how sending it ended, once it did
  std::unique_ptr<reading::Lookup> lookup_;
  mutable std::string target_;
};

}  // namespace

std::unique_ptr<koodrive::Dialogue> Rechecks::about(const koodrive::Operation& operation) {
  const auto* kind = kind_of(operation.row(), kinds_);
  // The whole plan was read before.
  assert(kind != nullptr);
  auto planned = planned_values(operation, *kind);
  assert(planned);
  return std::make_unique<Recheck>(operation, *kind, std::move(*planned),
                                   is_chosen(operation.line() + settings_.seed, settings_.verified));
}

}  // namespace koobatch::plan
