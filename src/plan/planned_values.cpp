#include "plan/planned_values.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/state/value_reader.hpp"

#include <simdjson.h>

#include <algorithm>

namespace koobatch::plan {

namespace dom = simdjson::dom;

const koodrive::ResourceKind* kind_of(const koodrive::OperationRow& operation,
                                      const koodrive::ResourceCatalogue& kinds) {
  const auto changes = [&](const auto& kind) { return kind.find_operation(operation.name) != nullptr; };
  const auto found = std::ranges::find_if(kinds.kinds(), changes);
  return found == kinds.kinds().end() ? nullptr : &*found;
}

bool is_set_by(const koodrive::OperationRow& operation, std::string_view member) {
  const auto& fields = operation.fields;
  const auto field = std::ranges::find(fields, member, &koodrive::FieldRow::name);
  return field == fields.end() || (field->name != fields[operation.key_field].name && !field->selects);
}

std::optional<std::vector<PlannedValue>> planned_values(const koodrive::Operation& operation,
                                                        const koodrive::ResourceKind& kind) {
  dom::parser was_parser, body_parser;
  dom::object was, body;
  const bool are_read = was_parser.parse(operation.was()).get(was) == simdjson::SUCCESS &&
                        body_parser.parse(operation.body()).get(body) == simdjson::SUCCESS;
  if (!are_read || was.size() == 0) return std::nullopt;
  std::vector<PlannedValue> planned;
  for (const auto [name, old_value] : was) {
    PlannedValue value;
    value.field = kind.find_set_by(operation.row().name, name);
    dom::element new_value;
    if (value.field == kind.fields.size() || body[name].get(new_value) != simdjson::SUCCESS) return std::nullopt;
    const auto& field = kind.fields[value.field];
    if (state::read_value(field, old_value, value.was) || state::read_value(field, new_value, value.wanted)) {
      return std::nullopt;
    }
    planned.push_back(std::move(value));
  }
  return planned;
}

std::vector<SetValue> set_values(const koodrive::Operation& operation, const koodrive::ResourceKind& kind) {
  dom::parser parser;
  dom::object body;
  std::vector<SetValue> values;
  if (parser.parse(operation.body()).get(body) != simdjson::SUCCESS) return values;
  for (const auto [name, json] : body) {
    if (!is_set_by(operation.row(), name)) continue;
    auto& value = values.emplace_back(SetValue{std::string(name)});
    const auto field = kind.find_set_by(operation.row().name, name);
    if (field != kind.fields.size() && !state::read_value(kind.fields[field], json, value.wanted)) value.field = field;
  }
  return values;
}

std::vector<PlannedValue> wanted_values(const koodrive::Operation& operation, const koodrive::ResourceKind& kind) {
  std::vector<PlannedValue> wanted;
  for (const auto& value : set_values(operation, kind)) {
    if (value.field) wanted.push_back({*value.field, value.wanted, value.wanted});
  }
  return wanted;
}

Condition compare(const std::vector<PlannedValue>& planned, const state::Values& present) {
  bool as_wanted = true;
  for (const auto& [field, was, wanted] : planned) {
    const auto& now = present[field];
    const bool is_wanted = now && is_same(*now, wanted);
    if (!is_wanted && !(now && is_same(*now, was))) return Condition::drifted;
    as_wanted = as_wanted && is_wanted;
  }
  return as_wanted ? Condition::as_wanted : Condition::as_planned;
}

std::string describe_present(std::string_view member, const std::vector<PlannedValue>& planned,
                             const state::Values& present, const koodrive::ResourceKind& kind) {
  std::string out;
  append_json_string(out, member);
  out.push_back(':');
  JsonWriter json(out);
  for (const auto& value : planned) {
    if (const auto& now = present[value.field]) {
      state::append_json(json.key(kind.fields[value.field].target().name), *now);
    }
  }
  json.end();
  return out;
}

}  // namespace koobatch::plan
