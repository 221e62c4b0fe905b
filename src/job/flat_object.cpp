#include "job/flat_object.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace koobatch::job {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view expected = "expected an object of strings, integers and booleans";

/// Appends a member; false if its value is of another type.
bool append_member(JsonWriter& json, std::string_view name, const dom::element& value) {
  std::string quoted;
  append_json_string(quoted, name);
  auto& out = json.key(std::string_view(quoted).substr(1, quoted.size() - 2));
  switch (value.type()) {
    case dom::element_type::STRING:
      append_json_string(out, value.get_string().value_unsafe());
      return true;
    case dom::element_type::BOOL:
      out.append(value.get_bool().value_unsafe() ? "true" : "false");
      return true;
    case dom::element_type::INT64:
      out.append(fmt::format_int(value.get_int64().value_unsafe()).c_str());
      return true;
    case dom::element_type::UINT64:
      out.append(fmt::format_int(value.get_uint64().value_unsafe()).c_str());
      return true;
    default:
      return false;
  }
}

/// A name that several members have.
std::optional<std::string_view> find_repeated(const dom::object& object) {
  std::vector<std::string_view> names;
  for (const auto [name, value] : object) names.push_back(name);
  std::ranges::sort(names);
  const auto repeated = std::ranges::adjacent_find(names);
  if (repeated == names.end()) return std::nullopt;
  return *repeated;
}

}  // namespace

std::optional<std::string> FlatObjects::read(const dom::object& object, koodrive::FieldValue& to) {
  std::string text;
  JsonWriter json(text);
  to.list_size = 0;
  if (const auto name = find_repeated(object)) return fmt::format("its member {} appears more than once", quote(*name));
  for (const auto [name, value] : object) {
    if (!append_member(json, name, value)) return fmt::format("{}, found another value as {}", expected, quote(name));
    ++to.list_size;
  }
  json.end();
  to.text = texts_.emplace_back(std::move(text));
  return std::nullopt;
}

std::optional<std::string> FlatObjects::read(std::string_view json, koodrive::FieldValue& to) {
  const simdjson::padded_string padded(json);
  dom::object object;
  if (parser_.parse(padded).get(object) != simdjson::SUCCESS) {
    return fmt::format("{}, such as {{\"edit\":true}}, found {}", expected, quote(json));
  }
  return read(object, to);
}

}  // namespace koobatch::job
