#pragma once
#include "koobatch/koodrive/fields.hpp"

#include <simdjson.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Reads values that are objects of texts, integers and booleans, and keeps them as compact JSON.
class FlatObjects {
 public:
  /// Forgets what was read before.
  void clear() {
    if (!texts_.empty()) texts_.clear();
  }
  /// Reads an object into `to`, whose text is valid until clear(). Returns what is wrong with it.
  std::optional<std::string> read(const simdjson::dom::object& object, koodrive::FieldValue& to);
  /// Likewise, from JSON.
  std::optional<std::string> read(std::string_view json, koodrive::FieldValue& to);

 private:
  std::deque<std::string> texts_;
  simdjson::dom::parser parser_;
};

}  // namespace koobatch::job
