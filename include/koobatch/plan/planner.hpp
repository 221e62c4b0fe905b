#pragma once
#include "koobatch/plan/comparison.hpp"
#include "koobatch/plan/names.hpp"
#include "koobatch/plan/plan_line.hpp"
#include "koobatch/state/item.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// From what differs to the lines of a plan. Nothing here reads a file or asks the service: the same input gives the
// same plan.

namespace koobatch::plan {

/// How plans are made.
struct PlannerSettings {
  std::string plan_id;  ///< lower-case letters and digits, at least eight
  Names names = Names::unique;
};

/// Something that the plan does not reach, or that people should look at.
struct Finding {
  enum class Reason : std::uint8_t {
    missing,            ///< there is no such item
    changed_since,      ///< see Obstacle
    unreadable,         ///< see Obstacle
    unset,              ///< see Obstacle
    invalid,            ///< the wanted value breaks a rule of the service
    name_held,          ///< see NameConflict
    name_held_twice,    ///< see NameConflict
    name_wished_twice,  ///< see NameConflict
    no_temporary,       ///< see NameConflict
    looks_same,         ///< it is changed, and nobody will see a difference
    near_clash,         ///< it is changed; see NearClash
    not_captured,       ///< of what is to be undone: the run has not recorded what it was before
  };

  Reason reason = Reason::missing;
  std::uint32_t line = 0;                        ///< of the desired state
  const koodrive::ResourceKind* kind = nullptr;  ///< null: only with `not_captured`, of what nothing reads
  std::string id;
  std::string field{};    ///< empty: the item as a whole
  std::string other{};    ///< the identifier of the other item, if there is one
  std::string message{};  ///< of `invalid`: what is wrong; of `not_captured`: why
};

/// Takes what cannot be undone.
using OnLoss = std::function<void(const Finding& loss)>;

/// Whether something desired is not reached for this reason.
constexpr bool leaves_out(Finding::Reason reason) {
  return reason != Finding::Reason::looks_same && reason != Finding::Reason::near_clash;
}

/// An item that is there, and how it should be.
struct Wish {
  state::Entry desired;
  state::Item present;
};

/// The plan for some items.
struct GroupPlan {
  std::vector<PlanLine> lines;
  std::vector<Finding> findings;
  std::uint64_t changed_items = 0;
};

/// Whether an item of any identifier of the group's scope, other than those shown, has this name.
using IsNameTaken = std::function<bool(std::string_view name)>;

/// Plans the changes of items of one kind. If names of the kind are unique, these are all the wishes of one scope.
/// `bystanders`: items without a wish, at least those whose name is wanted, but for upper and lower case or the Unicode
/// form. `first_n`: the number of the first line. Wishes are planned in the order in which they are given.
GroupPlan plan_group(std::span<const Wish> wishes, std::span<const state::Item> bystanders,
                     const PlannerSettings& settings, std::uint64_t first_n, const IsNameTaken& is_taken = {});

}  // namespace koobatch::plan
