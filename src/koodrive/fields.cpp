#include "koobatch/koodrive/fields.hpp"

#include "koobatch/core/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::koodrive {

void append_field(std::string& out, const Fields& fields, std::size_t index) {
  const FieldValue& value = fields.values[index];
  switch (fields.row->fields[index].type) {
    case FieldType::text:
      append_json_string(out, value.text);
      return;
    case FieldType::integer:
      out.append(fmt::format_int(value.integer).c_str());
      return;
    case FieldType::boolean:
      out.append(value.integer != 0 ? "true" : "false");
      return;
    case FieldType::object:
      out.append(value.text);
      return;
    case FieldType::text_list:
      break;
  }
  out.push_back('[');
  for (std::uint32_t i = 0; i < value.list_size; ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, fields.list_items[value.list_from + i]);
  }
  out.push_back(']');
}

namespace {

void append_plain(std::string& out, const Fields& fields, std::size_t index) {
  const FieldValue& value = fields.values[index];
  if (fields.row->fields[index].type == FieldType::integer) {
    out.append(fmt::format_int(value.integer).c_str());
  } else {
    out.append(value.text);
  }
}

}  // namespace

void append_key(std::string& out, const Fields& fields) {
  const auto& row = *fields.row;
  append_plain(out, fields, row.key_field);
  for (auto rest = row.key_rest; !rest.empty();) {
    const auto open = rest.find('{');
    out.append(rest.substr(0, open));
    if (open == std::string_view::npos) return;
    const auto close = rest.find('}', open);
    const auto field = std::ranges::find(row.fields, rest.substr(open + 1, close - open - 1), &FieldRow::name);
    append_plain(out, fields, static_cast<std::size_t>(field - row.fields.begin()));
    rest.remove_prefix(close + 1);
  }
}

void Fields::clear() {
  if (row != nullptr) {
    for (std::size_t i = 0; i < row->fields.size(); ++i) {
      if (values[i].present) values[i] = {};
    }
  }
  row = nullptr;
  list_items.clear();
  user_id.reset();
  language.reset();
  ref.reset();
  op = {};
}

FieldSet Fields::changed() const {
  FieldSet set = 0;
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    const auto target = row->fields[i].target;
    if (values[i].present && target != FieldRow::no_target) set |= FieldSet{1} << target;
  }
  return set;
}

bool Fields::is_divisible() const {
  std::uint32_t enough = 0;
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    const auto& field = row->fields[i];
    if (field.target == FieldRow::no_target) continue;
    if (field.required || !field.rule.same_as.empty()) return false;
    enough |= 1U << i;
  }
  return row->at_least_one_of == 0 || (row->at_least_one_of & enough) == enough;
}

void Fields::remove(FieldSet unwanted) {
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    const auto target = row->fields[i].target;
    if (target != FieldRow::no_target && (unwanted >> target & 1U) != 0) values[i] = {};
  }
}

}  // namespace koobatch::koodrive
