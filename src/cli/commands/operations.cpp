#include "cli/commands/command.hpp"
#include "cli/commands/operation_phrases.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/koodrive/operation_words.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace koobatch::cli {
namespace {

using koodrive::FieldPlace;
using koodrive::FieldRow;
using koodrive::FieldRule;
using koodrive::FieldType;
using koodrive::OperationRow;

struct Settings {
  Presentation presentation;
  OperationsOption operations;
  bool json = false;
  bool toml = false;
  bool openapi = false;

  auto parts() { return std::tie(presentation, operations); }
};

constexpr std::array<std::string_view, 5> type_names = {"text", "integer", "true or false", "list of texts", "object"};

std::string place_text(const FieldRow& field) {
  if (field.place != FieldPlace::header) return std::string(word_of(field.place));
  return std::string(field.header);
}

void append_table(std::string& out, const OperationRow& row) {
  fmt::format_to(std::back_inserter(out), "{}{}{}\n  {} {}\n  key {}; {}\n", row.name, row.summary.empty() ? "" : ": ",
                 row.summary, row.method, row.target, key_of(row), repeatable_text(row));
  if (row.at_least_one_of != 0) {
    fmt::format_to(std::back_inserter(out), "  at least one of {}\n", names_text(names_in(row, row.at_least_one_of)));
  }
  std::size_t name_width = 0;
  for (const auto& field : row.fields) name_width = std::max(name_width, field.name.size());
  for (const auto& field : row.fields) {
    const auto rules = describe_rules(field);
    fmt::format_to(std::back_inserter(out), "  {} {:<{}}  {}, {}{}{}\n", field.required ? '*' : ' ', field.name,
                   name_width, type_names[static_cast<std::size_t>(field.type)], place_text(field),
                   rules.empty() ? "" : ": ", rules);
  }
}

/// Appends the items, each as `append` writes it, as an array.
template <class Items, class Append>
void append_list(std::string& out, const Items& items, Append append) {
  const auto begin = out.size();
  for (const auto& item : items) {
    out += out.size() == begin ? '[' : ',';
    append(out, item);
  }
  out += out.size() == begin ? "[]" : "]";
}

void append_number(std::string& out, std::int64_t number) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}

/// What a field may be: "one_of":[{"value":3,"meaning":"refuse"}].
void append_choices_json(JsonWriter& json, const FieldRule& rule) {
  if (!rule.numbers.empty()) {
    append_list(json.key("one_of"), rule.numbers, [](std::string& out, const koodrive::NamedNumber& number) {
      JsonWriter choice(out);
      choice.add("value", number.value);
      if (!number.meaning.empty()) choice.add("meaning", number.meaning);
      choice.end();
    });
  }
  if (!rule.texts.empty()) {
    append_list(json.key("one_of"), rule.texts,
                [](std::string& out, std::string_view text) { JsonWriter(out).add("value", text).end(); });
  }
  if (!rule.excluded.empty()) append_list(json.key("not"), rule.excluded, append_json_string);
}

void append_rules_json(JsonWriter& json, const FieldRow& field) {
  const FieldRule& rule = field.rule;
  const bool has_min = rule.min != FieldRule::no_min;
  const bool has_max = rule.max != FieldRule::no_max;
  const bool is_text = field.type == FieldType::text || field.type == FieldType::text_list;
  if (rule.kind != koodrive::FieldKind::value) json.add("is", word_of(rule.kind));
  if (has_min) json.add("min", rule.min);
  if (has_max) json.add("max", rule.max);
  if (is_text && (has_min || has_max)) json.add("count", word_of(rule.count));
  if (rule.max_items != FieldRule::no_max) json.add("max_items", rule.max_items);
  if (!rule.forbid.empty()) json.add("forbid", rule.forbid);
  if (!rule.only.empty()) json.add("only", rule.only);
  if (rule.forbids_space) json.add("forbid_space", true);
  if (rule.forbids_emoji) json.add("emoji", false);
  append_choices_json(json, rule);
  if (rule.default_value) json.add("default", *rule.default_value);
  if (!rule.same_as.empty()) json.add("same_as", rule.same_as);
}

void append_field_json(std::string& out, const FieldRow& field) {
  JsonWriter json(out);
  json.add("name", field.name).add("in", word_of(field.place));
  if (!field.header.empty()) json.add("as", field.header);
  json.add("type", word_of(field.type)).add("required", field.required);
  append_rules_json(json, field);
  if (!field.sets.empty()) json.add("sets", field.sets);
  if (field.selects && field.place == FieldPlace::body) json.add("sets", false);
  json.add("rules", describe_rules(field));
  json.end();
}

/// The values of fields with which the operation may be repeated: {"renameMode":[3]}.
void append_conditions_json(std::string& out, const OperationRow& row) {
  JsonWriter json(out);
  for (const auto& condition : row.repeatable_if) {
    const FieldRow& field = row.fields[condition.field];
    auto& values = json.key(field.name);
    if (field.type == FieldType::text) {
      append_list(values, condition.texts, append_json_string);
    } else if (field.type == FieldType::boolean) {
      append_list(values, condition.numbers,
                  [](std::string& to, std::int64_t number) { to += number != 0 ? "true" : "false"; });
    } else {
      append_list(values, condition.numbers, append_number);
    }
  }
  json.end();
}

void append_success_json(std::string& out, const OperationRow& row) {
  JsonWriter json(out);
  append_list(json.key("http"), koodrive::success_statuses(row), append_number);
  json.add("code", row.success_code).end();
}

void append_operation_json(std::string& out, const OperationRow& row) {
  JsonWriter json(out);
  json.add("name", row.name).add("summary", row.summary).add("method", row.method).add("path", row.target);
  json.add("key", key_of(row));
  json.add("repeatable", !row.idempotent ? "never" : row.repeatable_if.empty() ? "always" : "by value");
  if (row.idempotent && !row.repeatable_if.empty()) {
    json.add("repeatable_if", repeatable_text(row));
    append_conditions_json(json.key("repeatable_with"), row);
  }
  append_success_json(json.key("success"), row);
  if (row.answers_id) json.add("answers_id", fmt::format("/{}", row.id_member));
  if (row.at_least_one_of != 0) {
    append_list(json.key("at_least_one_of"), names_in(row, row.at_least_one_of), append_json_string);
  }
  append_list(json.key("fields"), row.fields, append_field_json);
  json.end();
}

std::string json_of(const std::vector<OperationRow>& rows) {
  std::string out;
  JsonWriter json(out);
  json.add("schema", 1);
  append_list(json.key("operations"), rows, append_operation_json);
  json.end();
  return out + "\n";
}

std::string table_of(const std::vector<OperationRow>& rows) {
  std::string out;
  for (const auto& row : rows) {
    if (!out.empty()) out += '\n';
    append_table(out, row);
  }
  return out;
}

/// The operations called by these names, each once; all, if there are none.
Result<std::vector<OperationRow>> choose(const koodrive::OperationCatalogue& catalogue,
                                         const std::vector<std::string>& names) {
  const auto all = catalogue.rows();
  if (names.empty()) return std::vector<OperationRow>(all.begin(), all.end());
  std::vector<OperationRow> rows;
  for (const auto& name : names) {
    if (const auto* const row = catalogue.find(name)) {
      if (std::ranges::find(rows, row->name, &OperationRow::name) == rows.end()) rows.push_back(*row);
      continue;
    }
    std::vector<std::string_view> known;
    for (const auto& row : all) known.push_back(row.name);
    const auto meant = nearest(name, known);
    return usage_error(
        fmt::format("unknown operation '{}'{}", harmless(name),
                    meant.empty() ? "; 'koobatch operations' lists all" : fmt::format("; did you mean '{}'?", meant)));
  }
  return rows;
}

int run(const Settings& given, const Call& call) {
  if (int{given.json} + int{given.toml} + int{given.openapi} > 1) {
    return fail(usage_error("--json, --toml and --openapi exclude each other: one form at a time"));
  }
  const auto operations = operations_for(given.operations.operations);
  if (!operations) return fail(operations.error());
  const auto rows = choose(**operations, call.arguments);
  if (!rows) return fail(rows.error());
  std::string text;
  if (given.toml) {
    koodrive::append_operations_toml(text, *rows);
  } else if (given.openapi) {
    koodrive::append_openapi(text, *rows);
    text += '\n';
  } else {
    text = given.json ? json_of(*rows) : table_of(*rows);
  }
  const auto written = write_output(text);
  return written ? exit_success : fail(written.error());
}

}  // namespace

const Command& operations_command() {
  static const Command command = {
      .name = "operations",
      .summary = "List what a job can hold, with fields and rules; * marks fields that are required",
      .group = command_group::sets_up,
      .arguments = {{.name = "NAME", .help = "Only these operations", .repeated = true}},
      .examples = {"koobatch operations rename_file", "koobatch operations --toml rename_file > my-operations.toml",
                   "koobatch operations --openapi > openapi.json"},
      .own_options =
          {{.name = "json", .heading = heading::output, .help = "As JSON", .store = into(&Settings::json, on_off())},
           {.name = "toml",
            .heading = heading::output,
            .help = "In the form that --operations reads",
            .store = into(&Settings::toml, on_off())},
           {.name = "openapi",
            .heading = heading::output,
            .help = "As OpenAPI 3.1 (JSON), for a mock server",
            .store = into(&Settings::openapi, on_off())}},
      .statuses = {exits::done, exits::usage, exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
