#include "koobatch/core/json.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace koobatch::koodrive {
namespace {

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// A text as a member's name, between its quotes.
std::string member_name(std::string_view text) {
  const auto quoted = json_text(text);
  return quoted.substr(1, quoted.size() - 2);
}

template <class Items, class Append>
std::string list_of(const Items& items, Append append) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += append(item);
  }
  return out + "]";
}

/// The characters as the inside of a class in a regular expression of ECMA 262.
std::string character_class(std::string_view characters) {
  std::string out;
  for (const char c : characters) {
    if (std::string_view("\\]^-[").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string pattern_of(const FieldRule& rule) {
  if (!rule.only.empty()) return fmt::format("^[{}]*$", character_class(rule.only));
  std::string forbidden = character_class(rule.forbid);
  if (rule.forbids_space) forbidden += "\\n\\r\\x08\\t";
  return forbidden.empty() ? forbidden : fmt::format("^[^{}]*$", forbidden);
}

/// Lengths count code points here, so where another unit is meant they are a little laxer than the rule.
std::string text_schema(const FieldRule& rule) {
  std::string out;
  JsonWriter json(out);
  json.add("type", "string");
  if (rule.min > 0) json.add("minLength", rule.count == TextCount::bytes ? (rule.min + 3) / 4 : (rule.min + 1) / 2);
  if (rule.max != FieldRule::no_max) json.add("maxLength", rule.max);
  if (const auto pattern = pattern_of(rule); !pattern.empty()) json.add("pattern", pattern);
  if (!rule.texts.empty()) json.raw("enum", list_of(rule.texts, json_text));
  if (!rule.excluded.empty()) json.raw("not", fmt::format("{{\"enum\":{}}}", list_of(rule.excluded, json_text)));
  json.end();
  return out;
}

std::string integer_schema(const FieldRule& rule) {
  std::string out;
  JsonWriter json(out);
  json.add("type", "integer").add("format", "int64");
  if (rule.min != FieldRule::no_min) json.add("minimum", rule.min);
  if (rule.max != FieldRule::no_max) json.add("maximum", rule.max);
  if (!rule.numbers.empty()) {
    json.raw("enum", list_of(rule.numbers, [](const NamedNumber& n) { return fmt::format("{}", n.value); }));
    std::string meanings;
    for (const auto& [value, meaning] : rule.numbers) {
      if (!meaning.empty()) meanings += fmt::format("{}{}: {}", meanings.empty() ? "" : ", ", value, meaning);
    }
    if (!meanings.empty()) json.add("description", meanings);
  }
  if (rule.default_value) json.add("default", *rule.default_value);
  json.end();
  return out;
}

std::string schema_of(const FieldRow& field) {
  std::string out;
  switch (field.type) {
    case FieldType::text:
      return text_schema(field.rule);
    case FieldType::integer:
      return integer_schema(field.rule);
    case FieldType::boolean:
      return R"({"type":"boolean"})";
    case FieldType::text_list: {
      JsonWriter json(out);
      json.add("type", "array").raw("items", text_schema(field.rule));
      if (field.rule.max_items != FieldRule::no_max) json.add("maxItems", field.rule.max_items);
      json.end();
      return out;
    }
    case FieldType::object:
      break;
  }
  JsonWriter json(out);
  json.add("type", "object").raw("additionalProperties", R"({"type":["string","integer","boolean"]})");
  if (field.rule.max_items != FieldRule::no_max) json.add("maxProperties", field.rule.max_items);
  json.end();
  return out;
}

std::string parameter(std::string_view name, std::string_view in, bool required, const std::string& schema) {
  std::string out;
  JsonWriter(out).add("name", name).add("in", in).add("required", required).raw("schema", schema).end();
  return out;
}

std::string parameters(const OperationRow& row) {
  std::vector<std::string> all;
  for (const auto& field : row.fields) {
    if (field.place == FieldPlace::path) all.push_back(parameter(field.name, "path", true, schema_of(field)));
    if (field.place == FieldPlace::header) {
      all.push_back(parameter(field.header, "header", field.required, schema_of(field)));
    }
  }
  for (const auto name : {"UserId", "Date", "TraceId", "Language"}) {
    all.push_back(fmt::format(R"({{"$ref":"#/components/parameters/{}"}})", name));
  }
  return list_of(all, [](const std::string& text) { return text; });
}

std::string body_schema(const OperationRow& row) {
  std::string out, properties;
  std::vector<std::string_view> required;
  JsonWriter members(properties);
  for (const auto& field : row.fields) {
    if (field.place != FieldPlace::body) continue;
    members.raw(field.name, schema_of(field));
    if (field.required) required.push_back(field.name);
  }
  members.end();
  JsonWriter json(out);
  json.add("type", "object").raw("properties", properties).add("additionalProperties", false);
  if (!required.empty()) json.raw("required", list_of(required, json_text));
  std::vector<std::string> alternatives;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const bool counts = (row.at_least_one_of >> i & 1U) != 0 && row.fields[i].place == FieldPlace::body;
    if (counts) alternatives.push_back(fmt::format("{{\"required\":[{}]}}", json_text(row.fields[i].name)));
  }
  if (!alternatives.empty()) json.raw("anyOf", list_of(alternatives, [](const std::string& text) { return text; }));
  json.end();
  return out;
}

std::string success_schema(const OperationRow& row) {
  std::string id;
  if (row.answers_id) id = fmt::format(R"("{}":{{"type":"string"}},)", member_name(row.id_member));
  return fmt::format(
      R"({{"type":"object","required":["code"],"properties":{{{}"code":{{"const":{}}},"msg":{{"type":"string"}}}}}})",
      id, row.success_code);
}

std::string responses(const OperationRow& row) {
  std::string out;
  JsonWriter json(out);
  const auto success = [&](int status) {
    json.raw(fmt::format("{}", status),
             fmt::format(R"({{"description":"Success","content":{{"application/json":{{"schema":{}}}}}}})",
                         success_schema(row)));
  };
  if (row.success_http.empty()) success(200);
  for (const auto status : row.success_http) success(status);
  json.raw("default", R"({"$ref":"#/components/responses/Refusal"})");
  json.end();
  return out;
}

std::string operation(const OperationRow& row) {
  std::string out;
  JsonWriter json(out);
  json.add("operationId", row.name);
  if (!row.summary.empty()) json.add("summary", row.summary);
  json.raw("parameters", parameters(row));
  json.raw("requestBody",
           fmt::format(R"({{"required":true,"content":{{"application/json":{{"schema":{}}}}}}})", body_schema(row)));
  json.raw("responses", responses(row));
  json.end();
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// All operations on one path stand together. Of two with one request, the document can hold only the first.
std::string paths(std::span<const OperationRow> rows) {
  std::string out;
  JsonWriter json(out);
  std::vector<std::string_view> seen;
  for (const auto& row : rows) {
    if (std::ranges::find(seen, row.target) != seen.end()) continue;
    seen.push_back(row.target);
    std::string item;
    JsonWriter methods(item);
    std::vector<std::string_view> used;
    for (const auto& other : rows) {
      if (other.target != row.target || std::ranges::find(used, other.method) != used.end()) continue;
      used.push_back(other.method);
      methods.raw(lower_case(other.method), operation(other));
    }
    methods.end();
    json.raw(row.target, item);
  }
  json.end();
  return out;
}

constexpr std::string_view components =
    R"({"securitySchemes":{"Token":{"type":"apiKey","in":"header","name":"Authorization"}},)"
    R"("parameters":{)"
    R"("UserId":{"name":"X-User-Id","in":"header","required":true,)"
    R"("schema":{"type":"string","minLength":1,"maxLength":128}},)"
    R"("Date":{"name":"X-Date","in":"header","required":true,)"
    R"("schema":{"type":"string","pattern":"^[0-9]{8}T[0-9]{6}Z$"}},)"
    R"("TraceId":{"name":"X-Traceid","in":"header","required":false,)"
    R"("schema":{"type":"string","pattern":"^[01]{58}$"}},)"
    R"("Language":{"name":"language","in":"header","required":false,"schema":{"type":"string"}}},)"
    R"("responses":{"Refusal":{"description":"Refused","content":{"application/json":{"schema":)"
    R"({"type":"object","properties":{"code":{"type":["integer","string"]},"msg":{"type":"string"},)"
    R"("error_code":{"type":"string"},"error_msg":{"type":"string"}}}}}}}})";

}  // namespace

void append_openapi(std::string& out, std::span<const OperationRow> rows) {
  JsonWriter json(out);
  json.add("openapi", "3.1.0");
  json.raw("info", R"({"title":"Operations of koobatch","version":")" KOOBATCH_VERSION R"("})");
  json.raw("servers", R"([{"url":"/"}])");
  json.raw("security", R"([{"Token":[]}])");
  json.raw("paths", paths(rows));
  json.raw("components", components);
  json.end();
}

}  // namespace koobatch::koodrive
