#include "koobatch/core/ascii.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/koodrive/operation_words.hpp"
#include "koobatch/koodrive/operations_file.hpp"
#include "koodrive/request_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
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

std::string parameter(std::string_view name, std::string_view in, bool required, const FieldRow& field) {
  std::string out;
  JsonWriter json(out);
  json.add("name", name).add("in", in).add("required", required);
  if (in == "path" && name != field.name) json.add("description", field.name);
  json.raw("schema", schema_of(field)).end();
  return out;
}

/// `path`: the path as the document writes it, whose placeholders may have other names than the row's.
std::string parameters(const OperationRow& row, std::string_view path) {
  const auto own = placeholders_of(row.target);
  const auto written = placeholders_of(path);
  std::vector<std::string> all;
  for (const auto& field : row.fields) {
    if (field.place == FieldPlace::path) {
      const auto index = static_cast<std::size_t>(std::ranges::find(own, field.name) - own.begin());
      all.push_back(parameter(written[index], "path", true, field));
    }
    if (field.place == FieldPlace::header) all.push_back(parameter(field.header, "header", field.required, field));
  }
  for (const auto name : {"UserId", "Date", "TraceId", "Language"}) {
    all.push_back(fmt::format(R"({{"$ref":"#/components/parameters/{}"}})", name));
  }
  return list_of(all, [](const std::string& text) { return text; });
}

/// The fields of which one must be there, as alternatives of the body; none if a header field would do as well, which a
/// schema cannot say.
std::vector<std::string> alternatives(const OperationRow& row) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if ((row.at_least_one_of >> i & 1U) == 0) continue;
    if (row.fields[i].place != FieldPlace::body) return {};
    all.push_back(fmt::format("{{\"required\":[{}]}}", json_text(row.fields[i].name)));
  }
  return all;
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
  if (const auto any = alternatives(row); !any.empty()) {
    json.raw("anyOf", list_of(any, [](const std::string& text) { return text; }));
  }
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
  const auto success = [&](std::int64_t status) {
    json.raw(fmt::format("{}", status),
             fmt::format(R"({{"description":"Success","content":{{"application/json":{{"schema":{}}}}}}})",
                         success_schema(row)));
  };
  auto statuses = success_statuses(row);
  std::ranges::sort(statuses);
  statuses.erase(std::unique(statuses.begin(), statuses.end()), statuses.end());
  for (const auto status : statuses) success(status);
  json.raw("default", R"({"$ref":"#/components/responses/Refusal"})");
  json.end();
  return out;
}

/// `rows`: those with one request. OpenAPI has room for only one, so the first is described, and names the others.
std::string operation(const std::vector<const OperationRow*>& rows, std::string_view path) {
  const OperationRow& row = *rows.front();
  std::string out;
  JsonWriter json(out);
  json.add("operationId", row.name);
  if (!row.summary.empty()) json.add("summary", row.summary);
  if (rows.size() > 1) {
    const auto others = std::span(rows).subspan(1);
    json.raw("x-same-request", list_of(others, [](const OperationRow* other) { return json_text(other->name); }));
  }
  json.raw("parameters", parameters(row, path));
  json.raw("requestBody",
           fmt::format(R"({{"required":true,"content":{{"application/json":{{"schema":{}}}}}}})", body_schema(row)));
  json.raw("responses", responses(row));
  json.end();
  return out;
}

/// The operations on one path, whatever its placeholders are called: the names are those of the first operation.
std::string path_item(const std::vector<const OperationRow*>& rows) {
  std::vector<std::vector<const OperationRow*>> requests;
  for (const auto* row : rows) {
    const auto same = std::ranges::find_if(
        requests, [&](const std::vector<const OperationRow*>& some) { return some.front()->method == row->method; });
    if (same == requests.end()) {
      requests.push_back({row});
    } else {
      same->push_back(row);
    }
  }
  std::string out;
  JsonWriter json(out);
  for (const auto& request : requests) {
    std::string method(request.front()->method);
    std::ranges::transform(method, method.begin(), lower);
    json.raw(method, operation(request, rows.front()->target));
  }
  json.end();
  return out;
}

std::string paths(std::span<const OperationRow> rows) {
  std::vector<std::vector<const OperationRow*>> items;
  std::map<std::string, std::size_t> places;
  for (const auto& row : rows) {
    const auto [place, is_new] = places.emplace(shape_of(row.target), items.size());
    if (is_new) items.emplace_back();
    items[place->second].push_back(&row);
  }
  std::string out;
  JsonWriter json(out);
  for (const auto& item : items) json.raw(member_name(item.front()->target), path_item(item));
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
