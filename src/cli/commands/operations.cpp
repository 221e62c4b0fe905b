#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
constexpr std::array<std::string_view, 5> type_words = {"text", "integer", "boolean", "text_list", "object"};
constexpr std::array<std::string_view, 3> place_words = {"path", "body", "header"};

/// Collects phrases: "a, b, c".
class Phrases {
 public:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    text_ += (text_.empty() ? "" : ", ") + fmt::format(format, std::forward<Args>(args)...);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string spaced(std::string_view characters) {
  std::string out;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(characters[i]) & 0xc0U) != 0x80U;
    if (begins && i > 0) out += ' ';
    out += characters[i];
  }
  return harmless(out);
}

std::string joined(std::span<const std::string_view> texts) {
  Phrases all;
  for (const auto text : texts) all.add("{}", harmless(text));
  return all.text();
}

/// "a or b"
std::string alternatives(std::span<const std::string_view> texts) {
  std::string out;
  for (const auto text : texts) out += (out.empty() ? "" : " or ") + harmless(text);
  return out;
}

std::string length_phrase(const FieldRule& rule) {
  const std::string_view unit = rule.count == koodrive::TextCount::bytes        ? "bytes"
                                : rule.count == koodrive::TextCount::codepoints ? "code points"
                                                                                : "characters";
  const bool has_max = rule.max != FieldRule::no_max;
  if (rule.min > 0 && has_max) {
    return rule.min == rule.max ? fmt::format("{} {}", rule.min, unit)
                                : fmt::format("{} to {} {}", rule.min, rule.max, unit);
  }
  if (has_max) return fmt::format("at most {} {}", rule.max, unit);
  if (rule.min > 1) return fmt::format("at least {} {}", rule.min, unit);
  return rule.min == 1 ? "not empty" : "";
}

std::string numbers_phrase(std::span<const koodrive::NamedNumber> numbers) {
  Phrases all;
  for (const auto& [value, meaning] : numbers) {
    if (meaning.empty()) {
      all.add("{}", value);
    } else {
      all.add("{} ({})", value, harmless(meaning));
    }
  }
  return all.text();
}

void add_integer_rules(const FieldRule& rule, Phrases& all) {
  const bool has_min = rule.min != FieldRule::no_min;
  const bool has_max = rule.max != FieldRule::no_max;
  if (has_min && has_max) {
    all.add("{} to {}", rule.min, rule.max);
  } else if (has_min) {
    all.add("at least {}", rule.min);
  } else if (has_max) {
    all.add("at most {}", rule.max);
  }
  if (!rule.numbers.empty()) all.add("one of {}", numbers_phrase(rule.numbers));
  if (rule.default_value) all.add("default {}", *rule.default_value);
}

void add_text_rules(const FieldRow& field, Phrases& all) {
  const FieldRule& rule = field.rule;
  const auto length = length_phrase(rule);
  const bool is_in_path = field.place == FieldPlace::path;
  if (!length.empty()) all.add("{}", length);
  if (length.empty() && is_in_path) all.add("not empty");
  if (!rule.forbid.empty()) all.add("none of {}", spaced(rule.forbid));
  if (!rule.only.empty()) all.add("only {}", harmless(rule.only));
  if (rule.forbids_space) all.add("no line break, tab or backspace");
  if (rule.forbids_emoji) all.add("no emoji");
  if (!rule.excluded.empty()) all.add("not {}", alternatives(rule.excluded));
  if (is_in_path) all.add("not . or ..");
  if (field.place == FieldPlace::header) all.add("visible ASCII");
  if (!rule.texts.empty()) all.add("one of {}", joined(rule.texts));
}

/// The rules of a field, for people: "1 to 31 characters, no emoji".
std::string describe_rules(const FieldRow& field) {
  Phrases all;
  const FieldRule& rule = field.rule;
  if (koodrive::is_identifier(rule)) all.add("identifier");
  if (field.type == FieldType::integer) {
    add_integer_rules(rule, all);
  } else {
    add_text_rules(field, all);
  }
  if (rule.max_items != FieldRule::no_max) {
    all.add("at most {} {}", rule.max_items, field.type == FieldType::object ? "members" : "items");
  }
  if (!rule.same_as.empty()) all.add("the same as {}", rule.same_as);
  return all.text();
}

std::string key_of(const OperationRow& row) {
  return fmt::format("{}{{{}}}{}", row.key_prefix, row.fields[row.key_field].name, row.key_rest);
}

std::string condition_text(const OperationRow& row, const koodrive::RepeatCondition& condition) {
  const auto& field = row.fields[condition.field];
  Phrases values;
  for (const auto number : condition.numbers) {
    if (field.type == FieldType::boolean) {
      values.add("{}", number != 0);
    } else {
      values.add("{}", number);
    }
  }
  for (const auto text : condition.texts) values.add("{}", harmless(text));
  return fmt::format("{} {}", field.name, values.text());
}

std::string repeatable_text(const OperationRow& row) {
  if (!row.idempotent) return "never sent twice";
  if (row.repeatable_if.empty()) return "may be repeated";
  Phrases all;
  for (const auto& condition : row.repeatable_if) all.add("{}", condition_text(row, condition));
  return fmt::format("may be repeated only with {}", all.text());
}

std::string names_in(const OperationRow& row, std::uint32_t set) {
  Phrases all;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if ((set >> i & 1U) != 0) all.add("{}", row.fields[i].name);
  }
  return all.text();
}

std::string place_text(const FieldRow& field) {
  if (field.place != FieldPlace::header) return std::string(place_words[static_cast<std::size_t>(field.place)]);
  return std::string(field.header);
}

void append_table(std::string& out, const OperationRow& row) {
  fmt::format_to(std::back_inserter(out), "{}{}{}\n  {} {}\n  key {}; {}\n", row.name, row.summary.empty() ? "" : ": ",
                 row.summary, row.method, row.target, key_of(row), repeatable_text(row));
  if (row.at_least_one_of != 0) {
    fmt::format_to(std::back_inserter(out), "  at least one of {}\n", names_in(row, row.at_least_one_of));
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

void append_field_json(std::string& out, const FieldRow& field) {
  const FieldRule& rule = field.rule;
  JsonWriter json(out);
  json.add("name", field.name).add("in", place_words[static_cast<std::size_t>(field.place)]);
  if (!field.header.empty()) json.add("as", field.header);
  json.add("type", type_words[static_cast<std::size_t>(field.type)]).add("required", field.required);
  if (rule.min != FieldRule::no_min) json.add("min", rule.min);
  if (rule.max != FieldRule::no_max) json.add("max", rule.max);
  if (rule.max_items != FieldRule::no_max) json.add("max_items", rule.max_items);
  if (!rule.numbers.empty()) {
    auto& list = json.key("one_of");
    list += '[';
    for (const auto& number : rule.numbers) {
      if (&number != rule.numbers.data()) list += ',';
      JsonWriter choice(list);
      choice.add("value", number.value);
      if (!number.meaning.empty()) choice.add("meaning", number.meaning);
      choice.end();
    }
    list += ']';
  }
  if (rule.default_value) json.add("default", *rule.default_value);
  json.add("rules", describe_rules(field));
  json.end();
}

void append_operation_json(std::string& out, const OperationRow& row) {
  JsonWriter json(out);
  json.add("name", row.name).add("summary", row.summary).add("method", row.method).add("path", row.target);
  json.add("key", key_of(row));
  json.add("repeatable", !row.idempotent ? "never" : row.repeatable_if.empty() ? "always" : "by value");
  if (row.idempotent && !row.repeatable_if.empty()) json.add("repeatable_if", repeatable_text(row));
  auto& fields = json.key("fields");
  fields += '[';
  for (const auto& field : row.fields) {
    if (&field != row.fields.data()) fields += ',';
    append_field_json(fields, field);
  }
  fields += ']';
  json.end();
}

std::string json_of(const std::vector<OperationRow>& rows) {
  std::string out;
  JsonWriter json(out);
  json.add("schema", 1);
  auto& list = json.key("operations");
  list += '[';
  for (const auto& row : rows) {
    if (&row != rows.data()) list += ',';
    append_operation_json(list, row);
  }
  list += ']';
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

/// The operations called by these names; all, if there are none.
Result<std::vector<OperationRow>> choose(const koodrive::OperationCatalogue& catalogue,
                                         const std::vector<std::string>& names) {
  const auto all = catalogue.rows();
  if (names.empty()) return std::vector<OperationRow>(all.begin(), all.end());
  std::vector<OperationRow> rows;
  for (const auto& name : names) {
    if (const auto* const row = catalogue.find(name)) {
      rows.push_back(*row);
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
