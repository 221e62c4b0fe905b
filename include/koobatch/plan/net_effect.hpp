#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/plan/plan_line.hpp"
#include "koobatch/state/item.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace koobatch::plan {

/// What the lines of a plan have done to one item, so that it can be undone.
class NetEffect {
 public:
  /// Whether a line that ended like this has an effect, or may have: it succeeded, or may have been applied.
  static bool counts(Status status);

  /// Adds a line and how it ended, in the order of the plan. Only what counts has an effect.
  void add(const PlanLine& line, Status status);

  bool is_nothing() const { return fields_.empty(); }

  /// How the item should be again: as it was before the first of these lines. It counts as changed since, and is left
  /// as it is, where it is none of what these lines may have left. Precondition: the item is the one of the lines.
  state::Entry undo(const state::Item& present) const;

 private:
  struct Field {
    state::Value before;
    std::vector<state::Value> after;  ///< each of which it may be now; the last one is the most likely
  };

  std::map<std::size_t, Field> fields_;  ///< by index
};

}  // namespace koobatch::plan
