#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/item.hpp"

#include <simdjson.h>

#include <string>
#include <string_view>

namespace koobatch::state {

/// Reads back what append_item() has written. What comes from people is read by an ItemReader, which explains faults.
class ItemParser {
 public:
  /// The catalogue must outlive the items.
  explicit ItemParser(const koodrive::ResourceCatalogue& kinds) : kinds_(kinds) {}

  /// False if the text is anything else.
  bool parse(std::string_view text, Item& item);

 private:
  const koodrive::ResourceCatalogue& kinds_;
  simdjson::dom::parser parser_;
  std::string padded_;
};

}  // namespace koobatch::state
