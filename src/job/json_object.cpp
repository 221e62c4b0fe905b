#include "job/json_object.hpp"

#include "job/record.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/job/json_syntax.hpp"
#include "koobatch/job/request_body.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <cstdint>
#include <utility>

namespace koobatch::job {
namespace {

namespace dom = simdjson::dom;

/// Such as 5.0, which is not an integer; how fmt's # writes that depends on its version.
std::string decimal(double number) {
  auto text = fmt::format("{}", number);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string found(const dom::element& value) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::STRING:
      return "a string";
    case dom::element_type::BOOL:
      return value.get_bool().value_unsafe() ? "true" : "false";
    case dom::element_type::NULL_VALUE:
      return "null";
    case dom::element_type::INT64:
      return fmt::format("the number {}", value.get_int64().value_unsafe());
    case dom::element_type::UINT64:
      return fmt::format("the number {}", value.get_uint64().value_unsafe());
    case dom::element_type::DOUBLE:
      return "the number " + decimal(value.get_double().value_unsafe());
  }
  return "something else";
}

koodrive::Violation wrong_type(std::string_view field, std::string_view expected, const dom::element& value) {
  return {std::string(field), fmt::format("expected {}, found {}", expected, found(value))};
}

/// "expected a string, found the number 1.757e+18: …", for an identifier.
koodrive::Violation no_identifier(std::string_view field, std::string_view expected, const dom::element& value) {
  constexpr double least_shortened = 1e15;
  auto violation = wrong_type(field, expected, value);
  if (double number = 0; value.get(number) == simdjson::SUCCESS && std::abs(number) >= least_shortened) {
    violation.message += ", which looks like a number that a program has shortened: export identifiers as strings";
  }
  return violation;
}

/// The value as an integer: 2, 2.0 and "2".
std::optional<std::int64_t> to_integer(const dom::element& value) {
  constexpr double largest_exact = 9007199254740992;  // 2^53
  if (double number = 0; value.get(number) == simdjson::SUCCESS) {
    const bool whole = std::abs(number) < largest_exact && std::trunc(number) == number;
    return whole ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
  }
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? integer_of(text) : std::nullopt;
}

/// `convertible`: whether the value may be of another type with the same meaning.
void read_integer(std::string_view name, const dom::element& value, bool convertible, koodrive::FieldValue& to,
                  std::vector<koodrive::Violation>& out) {
  if (value.get(to.integer) == simdjson::SUCCESS) return;
  const auto integer = convertible ? to_integer(value) : std::nullopt;
  if (!integer) {
    to.malformed = true;
    out.push_back(wrong_type(name, "an integer", value));
    return;
  }
  to.integer = *integer;
  if (value.is_string()) to.text = value.get_string().value_unsafe();
}

void read_boolean(std::string_view name, const dom::element& value, bool convertible, koodrive::FieldValue& to,
                  std::vector<koodrive::Violation>& out) {
  bool boolean = false;
  std::string_view text;
  const bool is_read = value.get(boolean) == simdjson::SUCCESS ||
                       (convertible && value.get(text) == simdjson::SUCCESS && boolean_of(text, boolean));
  to.integer = boolean ? 1 : 0;
  if (is_read) return;
  to.malformed = true;
  out.push_back(wrong_type(name, "true or false", value));
}

/// Finds the row that the value of `op` names; appends a violation if there is none.
void read_operation(const dom::element& value, const koodrive::OperationCatalogue& catalogue, koodrive::Fields& fields,
                    std::vector<koodrive::Violation>& out) {
  std::string_view op;
  if (value.get(op) != simdjson::SUCCESS) {
    out.push_back(wrong_type(op_field, "a string", value));
    return;
  }
  fields.op = op;
  fields.row = find_operation(op, catalogue);
  if (fields.row == nullptr) out.push_back(unknown_operation(op, catalogue));
}

/// Finds the row that `op` names, wherever in the object it is, or else `otherwise`; appends a violation if there is
/// neither.
void find_and_read_operation(const dom::object& object, const koodrive::OperationCatalogue& catalogue,
                             const koodrive::OperationRow* otherwise, koodrive::Fields& fields,
                             std::vector<koodrive::Violation>& out) {
  for (const auto [name, value] : object) {
    if (name == op_field) return read_operation(value, catalogue, fields, out);
  }
  fields.row = otherwise;
  if (otherwise == nullptr) out.push_back(missing_operation(catalogue));
}

/// Whether a value is a text and the first one for a field of texts, as nearly all are.
bool may_take_text(const koodrive::Fields& fields, std::size_t index, const dom::element& value) {
  return fields.row->fields[index].type == koodrive::FieldType::text && !fields.values[index].present &&
         value.is_string();
}

std::vector<std::string_view> body_fields(const koodrive::OperationRow& row) {
  std::vector<std::string_view> names;
  for (const auto& field : row.fields) {
    if (field.place == koodrive::FieldPlace::body) names.push_back(field.name);
  }
  return names;
}

}  // namespace

bool PlanMembers::take(std::string_view name, const dom::element& value) {
  if (name == "n") return value.get(number) == simdjson::SUCCESS;
  if (name == "needs") return value.get(needs) == simdjson::SUCCESS;
  if (name == "was") {
    was = simdjson::minify(value);
    return value.is_object();
  }
  return name == "type" || name == "temporary";
}

bool JsonObjectReader::parse(std::string_view text, dom::object& object, std::vector<koodrive::Violation>& out) {
  dom::element root;
  const auto error = parser_.parse(text.data(), text.size(), false).get(root);
  if (error != simdjson::SUCCESS) {
    out.push_back({"", explain_json_error(text, error)});
    return false;
  }
  if (root.get(object) == simdjson::SUCCESS) return true;
  out.push_back(wrong_type("", "an object", root));
  return false;
}

std::optional<std::string_view> JsonObjectReader::text_of(const dom::element& value, bool or_digits) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return text;
  if (!or_digits) return std::nullopt;
  const auto keep = [&](auto number) {
    const auto& digits = numbers_.emplace_back(number);
    return std::string_view(digits.data(), digits.size());
  };
  if (value.type() == dom::element_type::INT64) return keep(value.get_int64().value_unsafe());
  if (value.type() == dom::element_type::UINT64) return keep(value.get_uint64().value_unsafe());
  return std::nullopt;
}

void JsonObjectReader::read_number(const koodrive::FieldRow& field, const dom::element& value, Types types,
                                   koodrive::FieldValue& to, std::vector<koodrive::Violation>& out) {
  const bool or_digits = types == Types::convertible && koodrive::is_identifier(field.rule);
  if (const auto text = text_of(value, or_digits)) {
    to.text = *text;
    return;
  }
  to.malformed = true;
  out.push_back(or_digits ? no_identifier(field.name, "a string", value) : wrong_type(field.name, "a string", value));
}

void JsonObjectReader::read_text_list(const koodrive::FieldRow& field, const dom::element& value, Types types,
                                      koodrive::FieldValue& to, std::vector<std::string_view>& items,
                                      std::vector<koodrive::Violation>& out) {
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    to.malformed = true;
    out.push_back(wrong_type(field.name, "an array of strings", value));
    return;
  }
  const bool or_digits = types == Types::convertible && koodrive::is_identifier(field.rule);
  to.list_from = static_cast<std::uint32_t>(items.size());
  for (const dom::element item : array) {
    const auto text = text_of(item, or_digits);
    if (!text) {
      to.malformed = true;
      out.push_back({std::string(field.name), fmt::format("expected an array of strings, found {} as item {}",
                                                          found(item), items.size() - to.list_from + 1)});
      return;
    }
    items.push_back(*text);
  }
  to.list_size = static_cast<std::uint32_t>(items.size()) - to.list_from;
}

void JsonObjectReader::read_object(std::string_view name, const dom::element& value, koodrive::FieldValue& to,
                                   std::vector<koodrive::Violation>& out) {
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    to.malformed = true;
    out.push_back(wrong_type(name, "an object", value));
  } else if (auto fault = objects_.read(object, to)) {
    to.malformed = true;
    out.push_back({std::string(name), std::move(*fault)});
  }
}

void JsonObjectReader::read_field(std::size_t index, const dom::element& value, koodrive::Fields& fields, Types types,
                                  std::vector<koodrive::Violation>& out) {
  const koodrive::FieldRow& field = fields.row->fields[index];
  koodrive::FieldValue& to = fields.values[index];
  if (to.present) {
    // It is unclear which of the two is meant, so neither is checked further.
    to.malformed = true;
    add_once(out, duplicate_field(field.name));
    return;
  }
  to.present = true;
  switch (field.type) {
    case koodrive::FieldType::text:
      if (value.get(to.text) != simdjson::SUCCESS) read_number(field, value, types, to, out);
      return;
    case koodrive::FieldType::integer:
      read_integer(field.name, value, types == Types::convertible, to, out);
      return;
    case koodrive::FieldType::text_list:
      read_text_list(field, value, types, to, fields.list_items, out);
      return;
    case koodrive::FieldType::boolean:
      read_boolean(field.name, value, types == Types::convertible, to, out);
      return;
    case koodrive::FieldType::object:
      read_object(field.name, value, to, out);
      return;
  }
}

void JsonObjectReader::read_common_field(std::string_view name, const dom::element& value,
                                         std::optional<std::string_view>& to, std::vector<koodrive::Violation>& out) {
  const bool is_user = name == user_id_field;
  if (to || has_violation(out, name)) {
    to.reset();
    add_once(out, duplicate_field(name));
  } else if (const auto text = text_of(value, is_user)) {
    to = *text;
  } else {
    out.push_back(is_user ? no_identifier(name, "a string", value) : wrong_type(name, "a string", value));
  }
}

void JsonObjectReader::read_record(std::string_view text, const koodrive::OperationCatalogue& catalogue,
                                   koodrive::Fields& fields, std::vector<koodrive::Violation>& out,
                                   const koodrive::OperationRow* otherwise, PlanMembers* plan) {
  fields.clear();
  if (!numbers_.empty()) numbers_.clear();
  objects_.clear();
  dom::object object;
  if (!parse(text, object, out)) return;
  auto member = object.begin();
  const auto end = object.end();
  // It usually comes first.
  bool seen_op = member != end && member.key() == op_field;
  if (seen_op) {
    read_operation(member.value(), catalogue, fields, out);
    ++member;
  } else {
    find_and_read_operation(object, catalogue, otherwise, fields, out);
  }
  if (fields.row == nullptr) return;
  const auto& row = *fields.row;
  std::size_t expected = 0;
  for (; member != end; ++member) {
    const auto name = member.key();
    const auto value = member.value();
    if (expected < row.fields.size() && row.fields[expected].name == name && may_take_text(fields, expected, value)) {
      fields.values[expected].text = value.get_string().value_unsafe();
      fields.values[expected].present = true;
      ++expected;
    } else if (name == op_field) {
      if (seen_op) add_once(out, duplicate_field(op_field));
      seen_op = true;
    } else if (const auto index = find_field(row, name, expected)) {
      read_field(*index, value, fields, Types::convertible, out);
      expected = *index + 1;
    } else if (auto* common = find_common_field(fields, name)) {
      read_common_field(name, value, *common, out);
    } else if (plan == nullptr || !plan->take(name, value)) {
      add_once(out, unknown_field(name, row.name, known_fields(row)));
    }
  }
}

void JsonObjectReader::read_body(std::string_view text, koodrive::Fields& fields,
                                 std::vector<koodrive::Violation>& out) {
  assert(fields.row != nullptr);
  const auto& row = *fields.row;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].place == koodrive::FieldPlace::body) fields.values[i] = {};
  }
  fields.list_items.clear();
  objects_.clear();
  dom::object object;
  if (!parse(text, object, out)) return;
  std::size_t expected = 0;
  for (const auto [name, value] : object) {
    const auto index = find_field(row, name, expected);
    if (index && row.fields[*index].place == koodrive::FieldPlace::body) {
      read_field(*index, value, fields, Types::exact, out);
      expected = *index + 1;
    } else {
      add_once(out, unknown_field(name, "the body", body_fields(row)));
    }
  }
}

bool read_body(std::string_view body, koodrive::Fields& fields, std::string& storage,
               std::vector<koodrive::Violation>& out) {
  thread_local JsonObjectReader reader;
  storage.assign(body);
  storage.append(simdjson::SIMDJSON_PADDING, '\0');
  const auto before = out.size();
  reader.read_body(std::string_view(storage).substr(0, body.size()), fields, out);
  // From here on, `storage` takes the decoded texts. No decoded text is longer than its source, so it never grows, and
  // the views remain valid.
  storage.clear();
  const auto keep = [&storage](std::string_view text) {
    const auto from = storage.size();
    storage.append(text);
    return std::string_view(storage).substr(from);
  };
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if (fields.row->fields[i].place == koodrive::FieldPlace::body) fields.values[i].text = keep(fields.values[i].text);
  }
  for (auto& item : fields.list_items) item = keep(item);
  return out.size() == before;
}

}  // namespace koobatch::job
