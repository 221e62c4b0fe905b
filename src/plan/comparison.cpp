#include "koobatch/plan/comparison.hpp"

#include "koobatch/koodrive/fields.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::plan {
namespace {

using koodrive::ResourceField;
using state::Value;

/// Whether the field is no longer as it was exported.
bool has_changed_since(const state::Entry& desired, const state::Item& present, std::size_t field) {
  if (desired.exported.empty()) return false;
  const auto& exported = desired.exported[field];
  const auto& now = present.values[field];
  // An empty cell does not tell an empty value from an absent one.
  const bool was_empty = !exported || is_empty(*exported);
  const bool is_empty_now = !now || is_empty(*now);
  if (was_empty || is_empty_now) return was_empty != is_empty_now;
  return !is_same(*exported, *now);
}

/// Values of a step as the fields of its operation, for koodrive::check(). The texts must outlive them.
class StepFields {
 public:
  StepFields(const state::Item& item, const Step& step) {
    fields_.row = step.operation;
    auto& key = fields_.values[step.operation->key_field];
    key = {.present = true, .text = item.id};
    for (const auto& setting : step.settings) {
      set(item.kind->fields[setting.field].operation_field, setting.wanted);
    }
  }

  const koodrive::Fields& fields() const { return fields_; }

 private:
  void set(std::size_t index, const Value& value) {
    auto& field = fields_.values[index];
    field.present = true;
    if (const auto* text = std::get_if<std::string>(&value)) {
      field.text = *text;
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      field.integer = *number;
    } else if (const auto* boolean = std::get_if<bool>(&value)) {
      field.integer = *boolean ? 1 : 0;
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      field.list_from = static_cast<std::uint32_t>(fields_.list_items.size());
      field.list_size = static_cast<std::uint32_t>(list->size());
      fields_.list_items.insert(fields_.list_items.end(), list->begin(), list->end());
    } else {
      field.text = std::get<state::Json>(value).text;
    }
  }

  koodrive::Fields fields_;
};

Step& step_of(const koodrive::OperationRow& operation, std::vector<Step>& steps) {
  const auto found = std::ranges::find(steps, &operation, &Step::operation);
  return found != steps.end() ? *found : steps.emplace_back(Step{&operation, {}});
}

bool sets(const Step& step, const state::Item& item, std::size_t operation_field) {
  return std::ranges::any_of(step.settings, [&](const Step::Setting& setting) {
    return item.kind->fields[setting.field].operation_field == operation_field;
  });
}

/// Adds what the operation requires, as it is now.
void carry(const state::Item& present, Step& step, std::vector<Blocked>& blocked) {
  for (std::size_t i = 0; i < present.values.size(); ++i) {
    const ResourceField& field = present.kind->fields[i];
    if (field.operation != step.operation || !field.target().required || sets(step, present, field.operation_field)) {
      continue;
    }
    if (present.values[i]) {
      step.settings.push_back({i, *present.values[i], *present.values[i], true});
    } else {
      blocked.push_back({i, Obstacle::unreadable});
    }
  }
}

/// Rules are named by the operation's fields; people know them by the names under which they are read.
void rename_fields(const state::Item& item, const Step& step, std::vector<koodrive::Violation>& violations,
                   std::size_t from) {
  for (auto violation = violations.begin() + static_cast<std::ptrdiff_t>(from); violation != violations.end();
       ++violation) {
    for (const auto& setting : step.settings) {
      const auto& field = item.kind->fields[setting.field];
      if (field.target().name == violation->field) {
        violation->field = field.name;
        break;
      }
    }
  }
}

}  // namespace

Comparison compare(const state::Entry& desired, const state::Item& present) {
  Comparison comparison;
  for (std::size_t i = 0; i < desired.item.values.size(); ++i) {
    const auto& wanted = desired.item.values[i];
    if (!wanted || !present.kind->fields[i].is_compared()) continue;
    const auto& now = present.values[i];
    if (now && is_same(*wanted, *now)) continue;
    if (is_empty(*wanted)) {
      if (now) comparison.blocked.push_back({i, Obstacle::unset});
    } else if (!now) {
      comparison.blocked.push_back({i, Obstacle::unreadable});
    } else if (has_changed_since(desired, present, i)) {
      comparison.blocked.push_back({i, Obstacle::changed_since});
    } else {
      comparison.changes.push_back({i, *now, *wanted, looks_same(*now, *wanted)});
    }
  }
  return comparison;
}

Steps steps_for(const state::Item& present, const std::vector<FieldChange>& changes) {
  Steps made;
  for (const auto& change : changes) {
    step_of(*present.kind->fields[change.field].operation, made.steps)
        .settings.push_back({change.field, change.was, change.wanted, false});
  }
  for (auto& step : made.steps) {
    const auto blocked = made.blocked.size();
    carry(present, step, made.blocked);
    if (made.blocked.size() > blocked) continue;
    const auto before = made.violations.size();
    check(StepFields(present, step).fields(), made.violations);
    rename_fields(present, step, made.violations, before);
  }
  return made;
}

}  // namespace koobatch::plan
