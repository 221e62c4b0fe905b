#include "koobatch/state/value_reader.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/koodrive/field_rule.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace koobatch::state {
namespace {

namespace dom = simdjson::dom;
using koodrive::FieldType;

std::string_view expected(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "a string";
    case FieldType::integer:
      return "an integer";
    case FieldType::boolean:
      return "true or false";
    case FieldType::text_list:
      return "an array of strings";
    case FieldType::object:
      break;
  }
  return "an object";
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t integer = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return integer;
}

std::optional<bool> boolean_of(std::string_view text) {
  if (boost::algorithm::iequals(text, "true")) return true;
  if (boost::algorithm::iequals(text, "false")) return false;
  return std::nullopt;
}

std::optional<std::string> text_of(const koodrive::ResourceField& field, const dom::element& json) {
  const bool is_identifier = field.target().rule.kind == koodrive::FieldKind::identifier;
  if (is_identifier) return identifier_of(json);
  std::string_view text;
  return json.get(text) == simdjson::SUCCESS ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<Value> integer_value(const dom::element& json) {
  std::int64_t integer = 0;
  if (json.get(integer) == simdjson::SUCCESS) return integer;
  std::string_view text;
  const auto digits = json.get(text) == simdjson::SUCCESS ? integer_of(text) : std::nullopt;
  return digits ? std::optional<Value>(*digits) : std::nullopt;
}

std::optional<Value> list_value(const koodrive::ResourceField& field, const dom::element& json) {
  dom::array array;
  if (json.get(array) != simdjson::SUCCESS) return std::nullopt;
  std::vector<std::string> items;
  for (const dom::element item : array) {
    auto text = text_of(field, item);
    if (!text) return std::nullopt;
    items.push_back(std::move(*text));
  }
  return items;
}

/// The value of a field that is compared; nothing if the JSON is of another type.
std::optional<Value> compared_value(const koodrive::ResourceField& field, const dom::element& json) {
  switch (field.type) {
    case FieldType::text:
      return text_of(field, json);
    case FieldType::integer:
      return integer_value(json);
    case FieldType::boolean: {
      bool boolean = false;
      return json.get(boolean) == simdjson::SUCCESS ? std::optional<Value>(boolean) : std::nullopt;
    }
    case FieldType::text_list:
      return list_value(field, json);
    case FieldType::object:
      break;
  }
  return json.is_object() ? std::optional<Value>(Json{std::string(simdjson::minify(json))}) : std::nullopt;
}

/// A value that only informs keeps its type.
Value informing_value(const dom::element& json) {
  if (std::string_view text; json.get(text) == simdjson::SUCCESS) return std::string(text);
  if (std::int64_t integer = 0; json.get(integer) == simdjson::SUCCESS) return integer;
  if (bool boolean = false; json.get(boolean) == simdjson::SUCCESS) return boolean;
  return Json{std::string(simdjson::minify(json))};
}

std::string described(const dom::element& json) {
  return quote(std::string(simdjson::minify(json)));
}

constexpr char list_separator = ';';

/// Whether the items, separated by semicolons, can be told apart again.
bool is_plain_list(const std::vector<std::string>& items) {
  return !items.empty() && !items.front().starts_with('[') && std::ranges::none_of(items, [](const std::string& item) {
    return item.empty() || item.find(list_separator) != std::string::npos;
  });
}

std::optional<std::vector<std::string>> list_of(std::string_view cell) {
  std::vector<std::string> items;
  if (cell.starts_with('[')) {
    dom::parser parser;
    dom::array array;
    if (parser.parse(simdjson::padded_string(cell)).get(array) != simdjson::SUCCESS) return std::nullopt;
    for (const dom::element item : array) {
      auto text = identifier_of(item);
      if (!text) return std::nullopt;
      items.push_back(std::move(*text));
    }
    return items;
  }
  for (bool more = true; more;) {
    const auto end = cell.find(list_separator);
    items.emplace_back(cell.substr(0, end));
    if (items.back().empty()) return std::nullopt;
    more = end != std::string_view::npos;
    if (more) cell.remove_prefix(end + 1);
  }
  return items;
}

std::optional<std::string> take(Value& value, std::optional<Value> read, std::string_view wanted,
                                std::string_view cell) {
  if (!read) return fmt::format("expected {}, found {}", wanted, quote(cell));
  value = std::move(*read);
  return std::nullopt;
}

template <class T>
std::optional<Value> as_value(std::optional<T> value) {
  return value ? std::optional<Value>(std::move(*value)) : std::nullopt;
}

}  // namespace

std::optional<std::string> identifier_of(const dom::element& json) {
  if (std::string_view text; json.get(text) == simdjson::SUCCESS) return std::string(text);
  if (json.type() == dom::element_type::INT64) return std::to_string(json.get_int64().value_unsafe());
  if (json.type() == dom::element_type::UINT64) return std::to_string(json.get_uint64().value_unsafe());
  return std::nullopt;
}

std::optional<std::string> read_value(const koodrive::ResourceField& field, const dom::element& json, Value& value) {
  auto read = field.is_compared() ? compared_value(field, json) : informing_value(json);
  if (!read) return fmt::format("expected {}, found {}", expected(field.type), described(json));
  value = std::move(*read);
  return std::nullopt;
}

std::optional<std::string> read_cell(const koodrive::ResourceField& field, std::string_view cell, Value& value) {
  if (!field.is_compared()) {
    value = std::string(cell);
    return std::nullopt;
  }
  switch (field.type) {
    case FieldType::text:
      value = std::string(cell);
      return std::nullopt;
    case FieldType::integer:
      return take(value, as_value(integer_of(cell)), "an integer", cell);
    case FieldType::boolean:
      return take(value, as_value(boolean_of(cell)), "true or false", cell);
    case FieldType::text_list:
      return take(value, as_value(list_of(cell)), "a list, its items separated by ';'", cell);
    case FieldType::object:
      break;
  }
  dom::parser parser;
  dom::object object;
  if (parser.parse(simdjson::padded_string(cell)).get(object) != simdjson::SUCCESS) {
    return fmt::format("expected a JSON object, found {}", quote(cell));
  }
  value = Json{std::string(simdjson::minify(object))};
  return std::nullopt;
}

std::string cell_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string cell;
  const auto* const list = std::get_if<std::vector<std::string>>(&value);
  if (list == nullptr || !is_plain_list(*list)) {
    append_json(cell, value);
    return cell;
  }
  for (const auto& item : *list) cell += (cell.empty() ? "" : ";") + item;
  return cell;
}

}  // namespace koobatch::state
