// Any text as a file of operations: it is refused with a place in it, or what it describes can be written down, read
// back as the same, described to a mock server, and executed.
#include "oracle.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/operations_file.hpp"
#include "koobatch/koodrive/route.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace koobatch;
using namespace koobatch::koodrive;
using fuzz::must;

const std::string name = "ops.toml";

void check_refusal(const std::string& message) {
  must(message.starts_with(name + ":"), "an error names its file");
  must(harmless(message) == message, "an error is harmless to a terminal");
}

/// A value of the field's type, whatever its rules.
FieldValue any_value(const FieldRow& field) {
  FieldValue value{.present = true};
  if (field.type == FieldType::text) value.text = field.place == FieldPlace::header ? "x" : "a/b?c#d\n..";
  if (field.type == FieldType::object) value.text = "{}";
  return value;
}

/// Whatever values an operation has, its request leads to it and nowhere else.
void check_request(const OperationCatalogue& catalogue, const OperationRow& row) {
  Fields fields;
  fields.row = &row;
  for (std::size_t i = 0; i < row.fields.size(); ++i) fields.values[i] = any_value(row.fields[i]);
  std::vector<Violation> violations;
  check(fields, violations);
  Operation operation;
  OperationBuilder::build(fields, 1, "user", {}, operation);
  const auto target = operation.target();
  must(target.starts_with('/') && target.find("//") == std::string_view::npos, "a target is a path");
  must(target.find_first_of("?# \r\n") == std::string_view::npos, "a value stays in its segment");
  must(std::ranges::count(target, '/') == std::ranges::count(row.target, '/'), "no segment is added");
  must(match_route(catalogue, row.method, target).has_value(), "a target leads to an operation");
  operation.for_each_header([](std::string_view field, std::string_view value) {
    must(field.starts_with("x-") && value == "x", "a header field is one line");
  });
  for (const auto& field : row.fields) {
    must(field.target == FieldRow::no_target || field.target < max_fields, "what a field sets has a number");
  }
}

void check_written(std::span<const OperationRow> rows) {
  std::string text;
  append_operations_toml(text, rows);
  const auto again = parse_operations(text, name, {});
  must(again.has_value(), again ? "" : again.error().message.c_str());
  std::string written;
  append_operations_toml(written, again->rows());
  must(written == text, "what was written is read back as the same");
  std::string api;
  append_openapi(api, rows);
  static simdjson::dom::parser parser;
  must(parser.parse(api).error() == simdjson::SUCCESS, "a description is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto known = service_catalogue().rows();
  const auto catalogue = parse_operations(fuzz::text_of(data, size), name, known);
  if (!catalogue) {
    check_refusal(catalogue.error().message);
    return 0;
  }
  const auto rows = catalogue->rows().subspan(known.size());
  for (const auto& row : rows) check_request(*catalogue, row);
  if (!rows.empty()) check_written(rows);
  return 0;
}
