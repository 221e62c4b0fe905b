#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How operations are written down, whatever the form: the words of the operations file.
namespace koobatch::koodrive {

// In the order of the enumerators.
constexpr std::array<std::string_view, 5> type_words = {"text", "integer", "boolean", "text_list", "object"};
constexpr std::array<std::string_view, 3> place_words = {"path", "body", "header"};
constexpr std::array<std::string_view, 3> kind_words = {"value", "identifier", "name"};
constexpr std::array<std::string_view, 3> count_words = {"utf16", "codepoints", "bytes"};

constexpr std::string_view word_of(FieldType type) {
  return type_words[static_cast<std::size_t>(type)];
}
constexpr std::string_view word_of(FieldPlace place) {
  return place_words[static_cast<std::size_t>(place)];
}
constexpr std::string_view word_of(FieldKind kind) {
  return kind_words[static_cast<std::size_t>(kind)];
}
constexpr std::string_view word_of(TextCount count) {
  return count_words[static_cast<std::size_t>(count)];
}

/// The key with its fields in braces: "member:{groupId}/{userId}".
std::string key_of(const OperationRow& row);
/// The names of the fields in a set of indices.
std::vector<std::string_view> names_in(const OperationRow& row, std::uint32_t set);
/// The statuses of a success, also where they are the usual one.
std::vector<std::int64_t> success_statuses(const OperationRow& row);

}  // namespace koobatch::koodrive
