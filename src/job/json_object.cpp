#include "koobatch/job/json_object.hpp"

#include "koobatch/job/describe.hpp"
#include "koobatch/job/json_syntax.hpp"
#include "koobatch/job/record.hpp"

#include <fmt/format.h>

namespace koobatch::job {
namespace {

namespace dom = simdjson::dom;

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
      return fmt::format("the number {}", value.get_double().value_unsafe());
  }
  return "something else";
}

Violation wrong_type(std::string_view field, std::string_view expected, const dom::element& value) {
  return {std::string(field), fmt::format("expected {}, found {}", expected, found(value))};
}

void read_text(std::string_view name, const dom::element& value, FieldValue& out, std::vector<Violation>& violations) {
  if (value.get(out.text) == simdjson::SUCCESS) return;
  out.malformed = true;
  violations.push_back(wrong_type(name, "a string", value));
}

void read_integer(std::string_view name, const dom::element& value, FieldValue& out,
                  std::vector<Violation>& violations) {
  if (value.get(out.integer) == simdjson::SUCCESS) return;
  out.malformed = true;
  violations.push_back(wrong_type(name, "an integer", value));
}

void read_text_list(std::string_view name, const dom::element& value, FieldValue& out,
                    std::vector<std::string_view>& items, std::vector<Violation>& violations) {
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    out.malformed = true;
    violations.push_back(wrong_type(name, "an array of strings", value));
    return;
  }
  out.list_from = static_cast<std::uint32_t>(items.size());
  for (const dom::element item : array) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) {
      out.malformed = true;
      violations.push_back({std::string(name), fmt::format("expected an array of strings, found {} as item {}",
                                                           found(item), items.size() - out.list_from + 1)});
      return;
    }
    items.push_back(text);
  }
  out.list_size = static_cast<std::uint32_t>(items.size()) - out.list_from;
}

void read_field(const FieldRow& field, const dom::element& value, FieldValue& out, Fields& fields,
                std::vector<Violation>& violations) {
  if (out.present) {
    // Which of the two is meant? Neither is judged further.
    out.malformed = true;
    add_once(violations, duplicate_field(field.name));
    return;
  }
  out.present = true;
  switch (field.type) {
    case FieldType::text:
      read_text(field.name, value, out, violations);
      return;
    case FieldType::integer:
      read_integer(field.name, value, out, violations);
      return;
    case FieldType::text_list:
      read_text_list(field.name, value, out, fields.list_items, violations);
      return;
  }
}

void read_common_field(std::string_view name, const dom::element& value, std::optional<std::string_view>& out,
                       std::vector<Violation>& violations) {
  std::string_view text;
  if (out || has_violation(violations, name)) {
    out.reset();
    add_once(violations, duplicate_field(name));
  } else if (value.get(text) == simdjson::SUCCESS) {
    out = text;
  } else {
    violations.push_back(wrong_type(name, "a string", value));
  }
}

/// The row `op` names, wherever in the object it stands; null, and said why, if there is none.
const OperationRow* read_operation(const dom::object& object, std::vector<Violation>& out) {
  for (const auto [name, value] : object) {
    if (name != op_field) continue;
    std::string_view op;
    if (value.get(op) != simdjson::SUCCESS) {
      out.push_back(wrong_type(op_field, "a string", value));
      return nullptr;
    }
    const auto* row = find_operation(op);
    if (row == nullptr) out.push_back(unknown_operation(op));
    return row;
  }
  out.push_back(missing_operation());
  return nullptr;
}

std::vector<std::string_view> body_fields(const OperationRow& row) {
  std::vector<std::string_view> names;
  for (const auto& field : row.fields) {
    if (field.place == FieldPlace::body) names.push_back(field.name);
  }
  return names;
}

}  // namespace

bool JsonObjectReader::parse(std::string_view text, dom::object& object, std::vector<Violation>& out) {
  dom::element root;
  const auto error = parser_.parse(text.data(), text.size(), false).get(root);
  if (error != simdjson::SUCCESS) {
    // Only the size of a number is simdjson's own complaint about well-formed JSON.
    const std::string_view verdict =
        error == simdjson::NUMBER_ERROR ? "a number is out of range" : simdjson::error_message(error);
    out.push_back({"", explain_json_error(text, verdict)});
    return false;
  }
  if (root.get(object) == simdjson::SUCCESS) return true;
  out.push_back(wrong_type("", "an object", root));
  return false;
}

void JsonObjectReader::read_record(std::string_view text, Fields& fields, std::vector<Violation>& out) {
  fields.clear();
  dom::object object;
  if (!parse(text, object, out)) return;
  fields.row = read_operation(object, out);
  if (fields.row == nullptr) return;
  std::size_t expected = 0;
  bool seen_op = false;
  for (const auto [name, value] : object) {
    if (name == op_field) {
      if (seen_op) add_once(out, duplicate_field(op_field));
      seen_op = true;
    } else if (const auto index = find_field(*fields.row, name, expected)) {
      read_field(fields.row->fields[*index], value, fields.values[*index], fields, out);
      expected = *index + 1;
    } else if (auto* common = find_common_field(fields, name)) {
      read_common_field(name, value, *common, out);
    } else {
      add_once(out, unknown_field(name, fields.row->name, known_fields(*fields.row)));
    }
  }
}

void JsonObjectReader::read_body(std::string_view text, Fields& fields, std::vector<Violation>& out) {
  const auto& row = *fields.row;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].place == FieldPlace::body) fields.values[i] = {};
  }
  fields.list_items.clear();
  dom::object object;
  if (!parse(text, object, out)) return;
  std::size_t expected = 0;
  for (const auto [name, value] : object) {
    const auto index = find_field(row, name, expected);
    if (index && row.fields[*index].place == FieldPlace::body) {
      read_field(row.fields[*index], value, fields.values[*index], fields, out);
      expected = *index + 1;
    } else {
      add_once(out, unknown_field(name, "the body", body_fields(row)));
    }
  }
}

bool read_body(std::string_view body, Fields& fields, std::string& storage, std::vector<Violation>& out) {
  thread_local JsonObjectReader reader;
  storage.assign(body);
  storage.append(simdjson::SIMDJSON_PADDING, '\0');
  const auto before = out.size();
  reader.read_body(std::string_view(storage).substr(0, body.size()), fields, out);
  // From here on `storage` takes the decoded texts. No decoded text is longer than its source, so it never grows, and
  // the views stay good.
  storage.clear();
  const auto keep = [&storage](std::string_view text) {
    const auto from = storage.size();
    storage.append(text);
    return std::string_view(storage).substr(from);
  };
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if (fields.row->fields[i].place == FieldPlace::body) fields.values[i].text = keep(fields.values[i].text);
  }
  for (auto& item : fields.list_items) item = keep(item);
  return out.size() == before;
}

}  // namespace koobatch::job
