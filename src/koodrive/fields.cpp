#include "koobatch/koodrive/fields.hpp"

#include "koobatch/core/json.hpp"

#include <fmt/format.h>
#include <xxhash.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

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
  if (row.key_rest.empty()) return append_plain(out, fields, row.key_field);
  // What separates the values must not occur in them, or different keys could be equal.
  const auto append = [&](std::size_t index) {
    std::string value;
    append_plain(value, fields, index);
    namespace urls = boost::urls;
    urls::encode(value, urls::unreserved_chars, {}, urls::string_token::append_to(out));
  };
  append(row.key_field);
  for (auto rest = row.key_rest; !rest.empty();) {
    const auto open = rest.find('{');
    out.append(rest.substr(0, open));
    if (open == std::string_view::npos) return;
    const auto close = rest.find('}', open);
    const auto field = std::ranges::find(row.fields, rest.substr(open + 1, close - open - 1), &FieldRow::name);
    append(static_cast<std::size_t>(field - row.fields.begin()));
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
  was = {};
  group = 0;
  op = {};
}

FieldSet Fields::changed() const {
  FieldSet set = 0;
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    const auto& field = row->fields[i];
    if (field.target == FieldRow::no_target) continue;
    if (values[i].present || field.rule.default_value) set |= FieldSet{1} << field.target;
  }
  return set;
}

FieldSet Fields::removable() const {
  FieldSet all = 0;
  FieldSet fixed = 0;
  FieldSet counted = 0;  // towards at_least_one_of
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    const auto& field = row->fields[i];
    if (field.target == FieldRow::no_target) continue;
    const FieldSet target = FieldSet{1} << field.target;
    all |= target;
    if (field.is_fixed) fixed |= target;
    if ((row->at_least_one_of >> i & 1U) != 0) counted |= target;
  }
  // If all of them count, any one that remains is enough.
  if (row->at_least_one_of != 0 && counted != all) fixed |= counted;
  return all & ~fixed;
}

Part Fields::part() const {
  std::string names, selected;
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    if (!row->fields[i].identifies || !values[i].present) continue;
    names.append(row->fields[i].name).append(" ");
    append_field(selected, *this, i);
  }
  if (names.empty()) return {};
  const auto hash = [](const std::string& text) {
    return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
  };
  return {std::max(hash(names), 1U), hash(selected)};
}

void Fields::remove(FieldSet unwanted) {
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    const auto target = row->fields[i].target;
    if (target != FieldRow::no_target && (unwanted >> target & 1U) != 0) values[i] = {};
  }
}

}  // namespace koobatch::koodrive
