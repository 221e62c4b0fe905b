#include "koobatch/core/ascii.hpp"
#include "koobatch/core/bare_name.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/koodrive/operation_words.hpp"
#include "koodrive/operations_file_parts.hpp"
#include "koodrive/service_operations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace koobatch::koodrive {
namespace {

constexpr std::array<std::string_view, 4> common_fields = {"op", "user_id", "language", "ref"};

/// Why a header field of this name cannot be an operation's; empty: it can.
std::string_view refuse_header(std::string_view name) {
  constexpr std::array<std::string_view, 4> ours = {"x-date", "x-user-id", "x-traceid", "x-apig-mode"};
  const bool is_extension = name.size() > 2 && name.starts_with("x-") && std::ranges::all_of(name, [](char c) {
                              return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
                            });
  if (!is_extension) return "a header field of an operation is named x-…, in lower case, digits and '-'";
  if (std::ranges::find(ours, name) != ours.end()) return "this header field is set by koobatch itself";
  // A value of a job would decide where the request goes, as what, or for whom.
  constexpr std::array<std::string_view, 9> steering = {"x-http-method", "x-method-override", "x-forwarded-",
                                                        "x-original-",   "x-rewrite-",        "x-real-ip",
                                                        "x-host",        "x-auth-token",      "x-sdk-date"};
  if (std::ranges::any_of(steering, [&](std::string_view beginning) { return name.starts_with(beginning); })) {
    return "by this header field, proxies and services decide where a request goes, as what, or for whom";
  }
  return {};
}

/// The value that a member's word stands for; nothing if the member is not there or wrong, which is reported.
template <class T, std::size_t N>
std::optional<T> one_of(TomlMembers& members, std::string_view name, const std::array<std::string_view, N>& words) {
  const auto text = members.text(name);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<T>(found - words.begin());
  members.refuse(name, fmt::format("is {}, must be one of {}", quote(*text), fmt::join(words, ", ")));
  return std::nullopt;
}

/// Reads the fields of one operation.
class FieldsReader {
 public:
  FieldsReader(FieldSpellings& spellings, OperationTexts& texts, TomlProblems& problems)
      : spellings_(spellings), texts_(texts), problems_(problems) {}

  void read(const toml::table& described, std::vector<FieldRow>& fields) {
    for (const auto& [key, node] : in_file_order(described)) {
      const auto* const table = node->as_table();
      if (table == nullptr) {
        problems_.add(*node, fmt::format("field {} is not a table; write it as {{ in = \"body\", type = \"text\" }}",
                                         quote(key)));
      } else if (!is_operation_name(key)) {
        problems_.add(*node, fmt::format("{} cannot name a field: {}", quote(key), name_rule));
      } else if (std::ranges::find(common_fields, key) != common_fields.end()) {
        problems_.add(*node,
                      fmt::format("field {} means the same in every record of a job; give yours another name", key));
      } else if (fields.size() == max_fields) {
        problems_.add(*node, fmt::format("an operation has at most {} fields", max_fields));
        return;
      } else {
        fields.push_back(read_field(key, *table));
        const auto other = spellings_.find_other(fields.back().name);
        if (!other.empty()) {
          problems_.add(*node,
                        fmt::format("field {} is also written {}: as a column, they cannot be told apart", key, other));
        }
      }
    }
    for (const auto& field : fields) check_same_as(field, fields, described);
    check_headers(fields, described);
  }

 private:
  FieldRow read_field(std::string_view name, const toml::table& table) {
    TomlMembers members(table, fmt::format("field {}", name), problems_);
    FieldRow field;
    field.name = texts_.keep(name);
    if (const auto place = one_of<FieldPlace>(members, "in", place_words)) field.place = *place;
    if (const auto type = one_of<FieldType>(members, "type", type_words)) {
      field.type = *type;
    } else {
      members.require("type", "type = \"text\", \"integer\", \"boolean\", \"text_list\" or \"object\"");
    }
    field.required = members.boolean("required").value_or(false);
    read_place(members, field);
    read_sets(members, field);
    read_rule(members, field);
    members.finish();
    return field;
  }

  void read_place(TomlMembers& members, FieldRow& field) {
    const auto as = members.text("as");
    const bool in_header = field.place == FieldPlace::header;
    if (in_header && !as) members.require("as", "the header field: as = \"x-hw-share-folder-id\"");
    if (!in_header && as) members.refuse("as", "names a header field, and this field does not travel in one");
    if (in_header && as) {
      if (const auto wrong = refuse_header(*as); !wrong.empty()) members.refuse("as", wrong);
      field.header = texts_.keep(*as);
    }
    if (field.place != FieldPlace::body && field.type != FieldType::text) {
      members.refuse("type", "must be text, for a field in the path or in a header");
    }
    if (field.place == FieldPlace::path && !field.required) {
      members.require("required", "a field in the path is required = true");
    }
  }

  void read_sets(TomlMembers& members, FieldRow& field) {
    field.selects = field.place != FieldPlace::body;
    const auto* const node = members.take("sets");
    if (node == nullptr) return;
    if (field.place != FieldPlace::body) return members.refuse("sets", "is for fields in the body");
    if (const auto* const boolean = node->as_boolean(); boolean != nullptr && !boolean->get()) {
      field.selects = true;
    } else if (const auto* const text = node->as_string(); text != nullptr && is_operation_name(text->get())) {
      field.sets = texts_.keep(text->get());
    } else {
      members.refuse("sets", "is the name of what the field sets, or false if it sets nothing");
    }
  }

  void read_rule(TomlMembers& members, FieldRow& field) {
    FieldRule& rule = field.rule;
    rule.kind = field.place == FieldPlace::path ? FieldKind::identifier : FieldKind::value;
    const bool is_text = field.type == FieldType::text || field.type == FieldType::text_list;
    const bool is_integer = field.type == FieldType::integer;
    const bool has_items = field.type == FieldType::text_list || field.type == FieldType::object;
    const auto only_for = [&](std::string_view name, bool applies, std::string_view of) {
      if (!applies && members.has(name)) members.refuse(name, fmt::format("is a rule of {}", of));
    };
    for (const auto name : {"count", "forbid", "only", "forbid_space", "emoji", "not"})
      only_for(name, is_text, "texts");
    for (const auto name : {"min", "max", "one_of", "is"}) only_for(name, is_text || is_integer, "texts and integers");
    only_for("max_items", has_items, "lists and objects");
    only_for("default", is_integer, "integers");

    if (const auto kind = one_of<FieldKind>(members, "is", kind_words)) rule.kind = *kind;
    if (is_integer && rule.kind == FieldKind::name) members.refuse("is", "must not be \"name\", for an integer");
    if (const auto count = one_of<TextCount>(members, "count", count_words)) rule.count = *count;
    rule.forbids_space = members.boolean("forbid_space").value_or(false);
    rule.forbids_emoji = !members.boolean("emoji").value_or(true);
    read_range(members, field);
    if (const auto forbid = members.text("forbid")) rule.forbid = texts_.keep(*forbid);
    if (const auto only = members.text("only")) rule.only = texts_.keep(*only);
    if (!rule.only.empty() && std::ranges::any_of(rule.only, [](char c) { return c < '!' || c > '~'; })) {
      members.refuse("only", "holds visible ASCII characters, and no others");
    }
    rule.excluded = texts_.keep(members.texts("not"));
    read_one_of(members, field);
    if (const auto same = members.text("same_as")) rule.same_as = texts_.keep(*same);
    read_default(members, field);
  }

  void read_range(TomlMembers& members, FieldRow& field) {
    FieldRule& rule = field.rule;
    rule.min = members.integer("min").value_or(FieldRule::no_min);
    rule.max = members.integer("max").value_or(FieldRule::no_max);
    rule.max_items = members.integer("max_items").value_or(FieldRule::no_max);
    constexpr std::int64_t longest = std::int64_t{1} << 20U;  // of a line of a job
    const bool is_length = field.type != FieldType::integer;
    if (is_length && members.has("min") && (rule.min < 0 || rule.min > longest)) {
      members.refuse("min", "is a length, from 0 to 1048576");
    }
    if (is_length && members.has("max") && (rule.max < 1 || rule.max > longest)) {
      members.refuse("max", "is a length, from 1 to 1048576");
    }
    if (members.has("max_items") && rule.max_items < 1) members.refuse("max_items", "must be at least 1");
    if (rule.min > rule.max) members.refuse("min", fmt::format("is {}, more than max, {}", rule.min, rule.max));
  }

  void read_one_of(TomlMembers& members, FieldRow& field) {
    if (!members.has("one_of")) return;
    if (field.type != FieldType::integer) {
      field.rule.texts = texts_.keep(members.texts("one_of"));
      if (field.rule.texts.empty()) members.refuse("one_of", "lists no text");
      return;
    }
    std::vector<NamedNumber> numbers;
    const auto* const node = members.take("one_of");
    if (const auto* const list = node->as_array()) {
      for (const auto& item : *list) {
        const auto* const number = item.as_integer();
        if (number == nullptr) return problems_.add(item, "one_of of an integer lists integers");
        numbers.push_back({number->get(), {}});
      }
    } else if (const auto* const table = node->as_table()) {
      for (const auto& [key, item] : in_file_order(*table)) {
        const auto* const number = item->as_integer();
        if (number == nullptr) return problems_.add(*item, "one_of names integers: { image = 1, video = 2 }");
        numbers.push_back({number->get(), texts_.keep(harmless(key))});
      }
    }
    if (numbers.empty()) return members.refuse("one_of", "is a list such as [1, 2], or { image = 1, video = 2 }");
    field.rule.numbers = texts_.numbers.emplace_back(std::move(numbers));
  }

  void read_default(TomlMembers& members, FieldRow& field) {
    FieldRule& rule = field.rule;
    rule.default_value = members.integer("default");
    if (!rule.default_value) return;
    if (field.required) members.refuse("default", "is for a field that is not required");
    const auto value = *rule.default_value;
    const bool is_known =
        rule.numbers.empty() || std::ranges::find(rule.numbers, value, &NamedNumber::value) != rule.numbers.end();
    if (!is_known || value < rule.min || value > rule.max)
      members.refuse("default", "breaks a rule of the field itself");
  }

  void check_same_as(const FieldRow& field, const std::vector<FieldRow>& fields, const toml::table& described) {
    const auto same = field.rule.same_as;
    if (same.empty()) return;
    const auto other = std::ranges::find(fields, same, &FieldRow::name);
    const bool fits = other != fields.end() && other->name != field.name && other->type == field.type &&
                      (field.type == FieldType::text || field.type == FieldType::integer);
    if (!fits) {
      problems_.add(
          *described.get(field.name),
          fmt::format("field {}: same_as names another field, a text or an integer like this one", field.name));
    }
  }

  void check_headers(const std::vector<FieldRow>& fields, const toml::table& described) {
    std::set<std::string_view> seen;
    for (const auto& field : fields) {
      if (field.place != FieldPlace::header || field.header.empty()) continue;
      if (!seen.insert(field.header).second) {
        problems_.add(*described.get(field.name),
                      fmt::format("field {}: two fields are the header field {}", field.name, quote(field.header)));
      }
    }
    if (seen.size() > max_header_fields) {
      problems_.add(described, fmt::format("an operation has at most {} fields in headers", max_header_fields));
    }
  }

  FieldSpellings& spellings_;
  OperationTexts& texts_;
  TomlProblems& problems_;
};

}  // namespace

/// Whether it can name an operation or a field: in a job, in a column's header, in messages.
bool is_operation_name(std::string_view text) {
  return !text.empty() && text.size() <= max_operation_name && (is_letter(text.front()) || text.front() == '_') &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
}

FieldSpellings::FieldSpellings(std::span<const OperationRow> known) {
  const auto add = [&](std::string_view name) { spellings_[bare_name(name)].push_back(name); };
  std::ranges::for_each(common_fields, add);
  for (const auto rows : {service_rows(), known}) {
    for (const auto& row : rows) {
      for (const auto& field : row.fields) add(field.name);
    }
  }
}

std::string_view FieldSpellings::find_other(std::string_view name) {
  auto& spellings = spellings_[bare_name(name)];
  if (spellings.empty()) spellings.push_back(name);
  return std::ranges::find(spellings, name) == spellings.end() ? spellings.front() : std::string_view();
}

void read_fields(const toml::table& described, FieldSpellings& spellings, OperationTexts& texts, TomlProblems& problems,
                 std::vector<FieldRow>& fields) {
  FieldsReader(spellings, texts, problems).read(described, fields);
}

}  // namespace koobatch::koodrive
