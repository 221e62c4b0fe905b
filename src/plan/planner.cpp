#include "koobatch/plan/planner.hpp"

#include "plan/scope.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace koobatch::plan {
namespace {

using Reason = Finding::Reason;

Reason reason_of(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::changed_since:
      return Reason::changed_since;
    case Obstacle::unreadable:
      return Reason::unreadable;
    case Obstacle::unset:
      break;
  }
  return Reason::unset;
}

Reason reason_of(NameConflict conflict) {
  switch (conflict) {
    case NameConflict::held:
      return Reason::name_held;
    case NameConflict::held_twice:
      return Reason::name_held_twice;
    case NameConflict::wished_twice:
      return Reason::name_wished_twice;
    case NameConflict::no_temporary:
      break;
  }
  return Reason::no_temporary;
}

class GroupPlanner {
 public:
  GroupPlanner(std::span<const Wish> wishes, std::span<const state::Item> bystanders, const PlannerSettings& settings,
               std::uint64_t first_n, const IsNameTaken& is_taken)
      : wishes_(wishes),
        bystanders_(bystanders),
        settings_(settings),
        next_n_(first_n),
        is_taken_(is_taken),
        changes_(wishes.size()) {}

  GroupPlan plan() {
    if (wishes_.empty()) return {};
    for (std::size_t i = 0; i < wishes_.size(); ++i) compare_wish(i);
    const auto& kind = *wishes_.front().present.kind;
    if (const auto name = unique_field(kind); name && settings_.names == Names::unique) plan_names_of(*name);
    for (std::size_t i = 0; i < wishes_.size(); ++i) add_lines(i);
    return std::move(plan_);
  }

 private:
  using Changes = std::vector<FieldChange>;

  Finding& find(Reason reason, std::size_t wish, std::string field = {}) {
    const auto& [desired, present] = wishes_[wish];
    return plan_.findings.emplace_back(Finding{reason, desired.line, present.kind, present.id, std::move(field)});
  }
  std::string field_name(std::size_t wish, std::size_t field) const {
    return std::string(wishes_[wish].present.kind->fields[field].name);
  }

  /// Finds out what can be changed about an item by itself.
  void compare_wish(std::size_t wish) {
    auto comparison = compare(wishes_[wish].desired, wishes_[wish].present);
    for (const auto& blocked : comparison.blocked) {
      find(reason_of(blocked.obstacle), wish, field_name(wish, blocked.field));
    }
    if (comparison.changes.empty()) return;
    auto steps = steps_for(wishes_[wish].present, comparison.changes);
    for (const auto& blocked : steps.blocked) {
      find(reason_of(blocked.obstacle), wish, field_name(wish, blocked.field));
    }
    for (auto& violation : steps.violations) {
      find(Reason::invalid, wish, std::move(violation.field)).message = std::move(violation.message);
    }
    if (!steps.blocked.empty() || !steps.violations.empty()) return;
    ++plan_.changed_items;
    for (const auto& change : comparison.changes) {
      if (change.looks_same) find(Reason::looks_same, wish, field_name(wish, change.field));
    }
    changes_[wish] = std::move(comparison.changes);
  }

  static Changes::iterator find_change(Changes& changes, std::size_t field) {
    return std::ranges::find(changes, field, &FieldChange::field);
  }

  /// Plans the names of the scope. What is changed along with a name is taken out of the other changes.
  void plan_names_of(std::size_t field) {
    std::vector<NamedItem> items;
    for (std::size_t i = 0; i < wishes_.size(); ++i) {
      const auto was = name_of(wishes_[i].present, field);
      const auto change = find_change(changes_[i], field);
      items.push_back({was, change == changes_[i].end() ? was : std::get<std::string>(change->wanted)});
    }
    for (const auto& bystander : bystanders_) {
      items.push_back({name_of(bystander, field), name_of(bystander, field)});
    }
    const auto names = plan_names(items, [&] { return next_temporary(field); });
    for (const auto& left_out : names.left_out) {
      find(reason_of(left_out.conflict), left_out.item, field_name(left_out.item, field)).other = id_of(left_out.other);
      auto& changes = changes_[left_out.item];
      changes.erase(find_change(changes, field));
      if (changes.empty()) --plan_.changed_items;
    }
    for (const auto& clash : names.near_clashes) {
      find(Reason::near_clash, clash.item, field_name(clash.item, field)).other = id_of(clash.other);
    }
    add_name_lines(names.steps, field);
  }

  const std::string& id_of(std::size_t item) const {
    return item < wishes_.size() ? wishes_[item].present.id : bystanders_[item - wishes_.size()].id;
  }

  /// Temporary names keep the rules of the field, or there are none.
  std::optional<std::string> next_temporary(std::size_t field) {
    for (;;) {
      auto name = temporary_name(settings_.plan_id, next_temporary_++);
      if (is_taken_ && is_taken_(name)) continue;
      const auto& present = wishes_.front().present;
      const auto steps = steps_for(present, {{field, std::string(name_of(present, field)), name}});
      return steps.violations.empty() ? std::optional(std::move(name)) : std::nullopt;
    }
  }

  void add_name_lines(const std::vector<NameStep>& steps, std::size_t field) {
    std::vector<std::uint64_t> numbers;
    for (const auto& step : steps) {
      auto& changes = changes_[step.item];
      auto change = *find_change(changes, field);
      Changes made;
      if (step.part == NameStep::Part::to_temporary) {
        change.wanted = step.temporary;
        made.push_back(std::move(change));
      } else {
        made = take_along(changes, field);
        if (step.part == NameStep::Part::from_temporary) find_change(made, field)->was = step.temporary;
      }
      const auto needs = step.needs ? std::optional(numbers[*step.needs]) : std::nullopt;
      // The name and what goes along with it are set by one operation.
      auto lines = lines_of(step.item, made);
      assert(lines.size() == 1);
      lines.front().needs = needs;
      lines.front().is_temporary = step.part == NameStep::Part::to_temporary;
      numbers.push_back(add(std::move(lines.front())));
    }
  }

  /// Takes out the changes that the operation makes which sets this field.
  Changes take_along(Changes& changes, std::size_t field) const {
    const auto& fields = wishes_.front().present.kind->fields;
    const auto rest = std::stable_partition(changes.begin(), changes.end(), [&](const FieldChange& change) {
      return fields[change.field].operation == fields[field].operation;
    });
    Changes taken(std::make_move_iterator(changes.begin()), std::make_move_iterator(rest));
    changes.erase(changes.begin(), rest);
    return taken;
  }

  std::vector<PlanLine> lines_of(std::size_t wish, const Changes& changes) const {
    const auto& [desired, present] = wishes_[wish];
    const auto& user = desired.item.user_id.empty() ? present.user_id : desired.item.user_id;
    std::vector<PlanLine> lines;
    for (auto& step : steps_for(present, changes).steps) {
      lines.push_back({0, present.kind, step.operation, present.id, user, std::move(step.settings)});
    }
    return lines;
  }

  std::uint64_t add(PlanLine line) {
    line.n = next_n_++;
    return plan_.lines.emplace_back(std::move(line)).n;
  }

  void add_lines(std::size_t wish) {
    for (auto& line : lines_of(wish, changes_[wish])) add(std::move(line));
  }

  std::span<const Wish> wishes_;
  std::span<const state::Item> bystanders_;
  const PlannerSettings& settings_;
  std::uint64_t next_n_;
  const IsNameTaken& is_taken_;
  std::uint64_t next_temporary_ = 0;
  std::vector<Changes> changes_;  ///< by wish
  GroupPlan plan_;
};

}  // namespace

GroupPlan plan_group(std::span<const Wish> wishes, std::span<const state::Item> bystanders,
                     const PlannerSettings& settings, std::uint64_t first_n, const IsNameTaken& is_taken) {
  return GroupPlanner(wishes, bystanders, settings, first_n, is_taken).plan();
}

}  // namespace koobatch::plan
