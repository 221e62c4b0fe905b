#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace koobatch::state {

/// A value of any other form, as compact JSON.
struct Json {
  std::string text;
  auto operator<=>(const Json&) const = default;
};

/// The value of a field. One that is compared has the form that its type names, whatever the JSON it was read from: "2"
/// and 2 are one integer.
using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, Json>;

/// Values by the index of their field; nothing where the field is absent.
using Values = std::vector<std::optional<Value>>;

/// Whether it is an empty text or list, with which the service shows that nothing is set.
bool is_empty(const Value& value);

/// Whether the service would not distinguish them: the order of a list means nothing, nor that an item is repeated.
bool is_same(const Value& a, const Value& b);

/// Whether people cannot tell two different values apart: only the Unicode form of their characters differs.
bool looks_same(const Value& a, const Value& b);

void append_json(std::string& out, const Value& value);

/// The value for a message: a text in quotes, safe to print.
std::string describe(const Value& value);

}  // namespace koobatch::state
