#include "cli/commands/operation_phrases.hpp"

#include "koobatch/core/terminal_text.hpp"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

using koodrive::FieldPlace;
using koodrive::FieldRow;
using koodrive::FieldRule;
using koodrive::FieldType;
using koodrive::OperationRow;

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

}  // namespace

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

std::string repeatable_text(const OperationRow& row) {
  if (!row.idempotent) return "never sent twice";
  if (row.repeatable_if.empty()) return "may be repeated";
  Phrases all;
  for (const auto& condition : row.repeatable_if) all.add("{}", condition_text(row, condition));
  return fmt::format("may be repeated only with {}", all.text());
}

std::string names_text(std::span<const std::string_view> names) {
  Phrases all;
  for (const auto name : names) all.add("{}", name);
  return all.text();
}

}  // namespace koobatch::cli
