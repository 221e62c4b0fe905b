#pragma once
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/state/item.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// What must be changed about one item so that it is as desired.

namespace koobatch::plan {

/// A field that differs.
struct FieldChange {
  std::size_t field = 0;  ///< an index into the kind's fields
  state::Value was;
  state::Value wanted;
  bool looks_same = false;  ///< people cannot tell the two apart
};

/// Why a field that differs is left as it is.
enum class Obstacle : std::uint8_t {
  changed_since,  ///< it is no longer as it was when the desired state was exported
  unreadable,     ///< the present state does not show it, so a change could neither be checked nor undone
  unset,          ///< it should be empty, and the service cannot unset a value
};
struct Blocked {
  std::size_t field = 0;
  Obstacle obstacle = Obstacle::changed_since;
};

/// What differs about an item.
struct Comparison {
  std::vector<FieldChange> changes;
  std::vector<Blocked> blocked;

  bool is_same() const { return changes.empty() && blocked.empty(); }
};

/// Compares the fields that the desired item has. Precondition: the present item is of that kind.
Comparison compare(const state::Entry& desired, const state::Item& present);

/// One operation, which makes some of the changes of an item.
struct Step {
  const koodrive::OperationRow* operation = nullptr;
  /// What it sets: the changes, and what it cannot do without, as it is now.
  struct Setting {
    std::size_t field = 0;
    state::Value was;
    state::Value wanted;
    bool is_carried = false;  ///< not changed
  };
  std::vector<Setting> settings;
};

/// The operations that make changes of an item, and why others cannot be made.
struct Steps {
  std::vector<Step> steps;
  std::vector<koodrive::Violation> violations;  ///< rules that a wanted value breaks, by the name of the field
  std::vector<Blocked> blocked;                 ///< what an operation cannot do without, and is not shown
};
Steps steps_for(const state::Item& present, const std::vector<FieldChange>& changes);

}  // namespace koobatch::plan
