#include "koobatch/core/json.hpp"
#include "koobatch/koodrive/operation_words.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace koobatch::koodrive {
namespace {

/// A basic string of TOML, whose escapes are those of JSON, and DEL.
std::string toml_text(std::string_view text) {
  std::string json, out;
  append_json_string(json, text);
  for (const char c : json) {
    if (c == '\x7f') {
      out += "\\u007f";
    } else {
      out += c;
    }
  }
  return out;
}

std::string quoted_list(std::span<const std::string_view> texts) {
  std::string out = "[";
  for (const auto text : texts) out += (out.size() > 1 ? ", " : "") + toml_text(text);
  return out + "]";
}

std::string number_list(std::span<const std::int64_t> numbers) {
  std::string out = "[";
  for (const auto number : numbers) out += fmt::format("{}{}", out.size() > 1 ? ", " : "", number);
  return out + "]";
}

/// A table that is written on one line.
class InlineTable {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += fmt::format("{} {} = {}", text_.empty() ? "{" : ",", name, value);
  }
  std::string finish() const { return text_.empty() ? "{}" : text_ + " }"; }

 private:
  std::string text_;
};

std::string named_numbers(std::span<const NamedNumber> numbers) {
  const bool are_named =
      std::ranges::all_of(numbers, [](const NamedNumber& number) { return !number.meaning.empty(); });
  if (are_named) {
    InlineTable table;
    for (const auto& [value, meaning] : numbers) table.add(toml_text(meaning), fmt::format("{}", value));
    return table.finish();
  }
  std::vector<std::int64_t> values;
  for (const auto& number : numbers) values.push_back(number.value);
  return number_list(values);
}

void add_text_rules(InlineTable& table, const FieldRule& rule) {
  if (rule.count != TextCount::utf16) table.add("count", toml_text(word_of(rule.count)));
  if (!rule.forbid.empty()) table.add("forbid", toml_text(rule.forbid));
  if (!rule.only.empty()) table.add("only", toml_text(rule.only));
  if (rule.forbids_space) table.add("forbid_space", "true");
  if (rule.forbids_emoji) table.add("emoji", "false");
  if (!rule.excluded.empty()) table.add("not", quoted_list(rule.excluded));
  if (!rule.texts.empty()) table.add("one_of", quoted_list(rule.texts));
}

std::string field_table(const FieldRow& field) {
  const FieldRule& rule = field.rule;
  InlineTable table;
  table.add("in", toml_text(word_of(field.place)));
  if (!field.header.empty()) table.add("as", toml_text(field.header));
  table.add("type", toml_text(word_of(field.type)));
  const auto usual_kind = field.place == FieldPlace::path ? FieldKind::identifier : FieldKind::value;
  if (rule.kind != usual_kind) table.add("is", toml_text(word_of(rule.kind)));
  if (field.required) table.add("required", "true");
  if (rule.min != FieldRule::no_min) table.add("min", fmt::format("{}", rule.min));
  if (rule.max != FieldRule::no_max) table.add("max", fmt::format("{}", rule.max));
  if (rule.max_items != FieldRule::no_max) table.add("max_items", fmt::format("{}", rule.max_items));
  add_text_rules(table, rule);
  if (!rule.numbers.empty()) table.add("one_of", named_numbers(rule.numbers));
  if (rule.default_value) table.add("default", fmt::format("{}", *rule.default_value));
  if (!rule.same_as.empty()) table.add("same_as", toml_text(rule.same_as));
  if (!field.sets.empty()) table.add("sets", toml_text(field.sets));
  if (field.selects && field.place == FieldPlace::body) table.add("sets", "false");
  return table.finish();
}

std::string condition_values(const OperationRow& row, const RepeatCondition& condition) {
  switch (row.fields[condition.field].type) {
    case FieldType::text:
      return quoted_list(condition.texts);
    case FieldType::boolean: {
      std::string out = "[";
      for (const auto number : condition.numbers) {
        out += fmt::format("{}{}", out.size() > 1 ? ", " : "", number != 0);
      }
      return out + "]";
    }
    default:
      return number_list(condition.numbers);
  }
}

std::string repeatable(const OperationRow& row) {
  if (!row.idempotent || row.repeatable_if.empty()) return row.idempotent ? "true" : "false";
  InlineTable table;
  for (const auto& condition : row.repeatable_if) {
    table.add(row.fields[condition.field].name, condition_values(row, condition));
  }
  return table.finish();
}

std::string success(const OperationRow& row) {
  return fmt::format("{{ http = {}, code = {} }}", number_list(success_statuses(row)), row.success_code);
}

void append_operation(std::string& out, const OperationRow& row) {
  const auto line = [&](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "{} = {}\n", name, value);
  };
  fmt::format_to(std::back_inserter(out), "\n[operation.{}]\n", row.name);
  if (!row.summary.empty()) line("summary", toml_text(row.summary));
  line("request", toml_text(fmt::format("{} {}", row.method, row.target)));
  line("key", toml_text(key_of(row)));
  line("repeatable", repeatable(row));
  if (!row.succeeds_as_usual()) line("success", success(row));
  if (row.answers_id) line("answers_id", toml_text(fmt::format("/{}", row.id_member)));
  if (row.at_least_one_of != 0) line("at_least_one_of", quoted_list(names_in(row, row.at_least_one_of)));
  for (const auto& field : row.fields) line(fmt::format("fields.{}", field.name), field_table(field));
}

}  // namespace

void append_operations_toml(std::string& out, std::span<const OperationRow> rows) {
  out += "format = 1\n";
  for (const auto& row : rows) append_operation(out, row);
}

}  // namespace koobatch::koodrive
