#include "koobatch/koodrive/fields.hpp"

#include "koobatch/core/json.hpp"

#include <fmt/format.h>

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

void Fields::clear() {
  for (auto& value : values) {
    if (value.present) value = {};
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
    if (values[i].present && i != row->key_field) set = static_cast<FieldSet>(set | (1U << i));
  }
  return set;
}

void Fields::remove(FieldSet unwanted) {
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    if ((static_cast<unsigned>(unwanted) >> i & 1U) != 0) values[i] = {};
  }
}

}  // namespace koobatch::koodrive
