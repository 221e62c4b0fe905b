#include "koobatch/state/item_parser.hpp"

#include "koobatch/state/value_reader.hpp"

namespace koobatch::state {

namespace dom = simdjson::dom;

bool ItemParser::parse(std::string_view text, Item& item) {
  padded_.assign(text);
  padded_.append(simdjson::SIMDJSON_PADDING, ' ');
  dom::object object;
  if (parser_.parse(padded_.data(), text.size(), false).get(object) != simdjson::SUCCESS) return false;
  std::string_view type;
  item.kind = object[type_member].get(type) == simdjson::SUCCESS ? kinds_.find(type) : nullptr;
  if (item.kind == nullptr) return false;
  item.id.clear();
  item.user_id.clear();
  item.values.assign(item.kind->fields.size(), std::nullopt);
  for (const auto [name, value] : object) {
    const auto index = item.kind->find(name);
    if (index < item.kind->fields.size()) {
      if (read_value(item.kind->fields[index], value, item.values[index].emplace())) return false;
    } else if (name == id_member || name == user_id_member) {
      std::string_view id;
      if (value.get(id) != simdjson::SUCCESS) return false;
      (name == id_member ? item.id : item.user_id) = id;
    }
  }
  return true;
}

}  // namespace koobatch::state
