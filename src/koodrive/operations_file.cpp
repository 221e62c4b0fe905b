#include "koobatch/koodrive/operations_file.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/toml_text.hpp"
#include "koodrive/operation_texts.hpp"
#include "koodrive/operations_file_parts.hpp"
#include "koodrive/request_path.hpp"
#include "koodrive/toml_members.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace koobatch::koodrive {
namespace {

constexpr std::size_t max_operations = 1000;

/// Reads the operations of a file, one after the other.
class OperationsReader {
 public:
  OperationsReader(TomlProblems& problems, OperationTexts& texts, std::span<const OperationRow> known)
      : problems_(problems), texts_(texts), rows_(known.begin(), known.end()), known_(known.size()), spellings_(known) {
    // What sets their fields may be unknown here.
    for (const auto& kind : service_resources().kinds()) {
      if (is_sound(kind, known)) kinds_.push_back(kind);
    }
  }

  void read(const toml::table& root) {
    TomlMembers members(root, "the file", problems_);
    const auto format = members.integer("format");
    if (!format) {
      members.require("format", "the version of this form: format = 1");
    } else if (*format != 1) {
      members.refuse("format", fmt::format("is {}; this koobatch reads format 1", *format));
    }
    const auto* const operations = members.table("operation");
    const auto* const resources = members.table("resource");
    members.finish();
    if (operations != nullptr) read_operations(*operations);
    if (resources != nullptr) read_resources(*resources, rows_, texts_, problems_, kinds_);
    if (operations == nullptr && resources == nullptr && !problems_.any()) {
      problems_.add(root, "describes no operation; one begins with a line such as [operation.rename_file]");
    }
  }

  std::vector<OperationRow> take_rows() { return std::move(rows_); }
  std::vector<ResourceKind> take_kinds() { return std::move(kinds_); }

 private:
  void read_operations(const toml::table& operations) {
    for (const auto& [key, node] : in_file_order(operations)) {
      const auto* const table = node->as_table();
      if (table == nullptr) {
        problems_.add(*node, fmt::format("operation {} is not a table", quote(key)));
      } else if (!is_operation_name(key)) {
        problems_.add(*node, fmt::format("{} cannot name an operation: {}", quote(key), name_rule));
      } else if (find_operation(key) != nullptr) {
        problems_.add(*node,
                      fmt::format("operation {} is built in, and cannot be redefined; give yours another name", key));
      } else if (rows_.size() - known_ == max_operations) {
        problems_.add(*node, fmt::format("a file holds at most {} operations", max_operations));
        return;
      } else {
        read_operation(key, *table);
      }
    }
  }

  const OperationRow* find_operation(std::string_view name) const {
    const auto found = std::ranges::find(rows_, name, &OperationRow::name);
    return found == rows_.end() ? nullptr : &*found;
  }

  void read_operation(std::string_view name, const toml::table& table) {
    TomlMembers members(table, fmt::format("operation {}", name), problems_);
    OperationRow row;
    row.name = texts_.keep(name);
    if (const auto summary = members.text("summary")) row.summary = texts_.keep(harmless(*summary));
    read_request(members, row);
    auto& fields = texts_.field_rows.emplace_back();
    if (const auto* const described = members.table("fields")) {
      read_fields(*described, spellings_, texts_, problems_, fields);
    } else {
      members.require("fields", "the fields, as fields.id = { in = \"path\", type = \"text\", required = true }");
    }
    row.fields = fields;
    // What follows refers to the fields.
    if (problems_.any()) return;
    check_path(members, row);
    read_key(members, row);
    check_known_request(members, row);
    check_targets(table, row);
    read_repeatable(members, row);
    read_success(members, row);
    read_answers_id(members, row);
    read_at_least_one_of(members, row);
    members.finish();
    if (problems_.any()) return;
    rows_.push_back(row);
    if (is_sound(row)) return;
    rows_.pop_back();
    problems_.add(table, fmt::format("operation {} is not consistent", name));
  }

  void read_request(TomlMembers& members, OperationRow& row) {
    const auto request = members.text("request");
    if (!request) return members.require("request", "method and path: request = \"POST /koodrive/ose/v1/…\"");
    const auto parts = split_request(*request);
    if (!parts) return members.refuse("request", "is not of the form \"POST /path\"");
    constexpr std::array<std::string_view, 3> methods = {"POST", "PUT", "PATCH"};
    const auto method = std::ranges::find(methods, parts->method);
    if (method == methods.end()) {
      return members.refuse("request", fmt::format("has the method {}; an operation has one of {}",
                                                   quote(parts->method), fmt::join(methods, ", ")));
    }
    if (const auto wrong = refuse_path(parts->path); !wrong.empty()) return members.refuse("request", wrong);
    row.method = *method;
    row.target = texts_.keep(parts->path);
  }

  // What concerns the operation as a whole ----------------------------------------------------------------------------

  static const FieldRow* find(const OperationRow& row, std::string_view name) {
    const auto found = std::ranges::find(row.fields, name, &FieldRow::name);
    return found == row.fields.end() ? nullptr : &*found;
  }

  /// Path fields and placeholders must correspond.
  void check_path(TomlMembers& members, const OperationRow& row) {
    const auto names = placeholders_of(row.target);
    for (const auto name : names) {
      const auto* const field = find(row, name);
      if (field == nullptr || field->place != FieldPlace::path) {
        members.refuse("request", fmt::format("holds {{{0}}}, and there is no field {0} with in = \"path\"", name));
      }
    }
    for (const auto& field : row.fields) {
      if (field.place != FieldPlace::path || std::ranges::find(names, field.name) != names.end()) continue;
      members.refuse("request", fmt::format("does not hold {{{}}}, which is a field in the path", field.name));
    }
  }

  void read_key(TomlMembers& members, OperationRow& row) {
    const auto key = members.text("key");
    if (!key)
      return members.require("key",
                             "what is changed, so that it is not changed twice at once: key = \"file:{fileId}\"");
    const auto open = key->find('{');
    const auto close = key->find('}', open);
    const std::string_view prefix = std::string_view(*key).substr(0, open);
    const bool has_prefix = prefix.size() > 1 && prefix.back() == ':' && prefix.size() <= max_operation_name &&
                            std::ranges::all_of(prefix.substr(0, prefix.size() - 1), [](char c) {
                              return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_';
                            });
    if (open == std::string::npos || close == std::string::npos || !has_prefix) {
      return members.refuse("key", "is not of the form \"file:{fileId}\", a word in lower case and a field");
    }
    const std::string_view rest = std::string_view(*key).substr(close + 1);
    const auto others = placeholders_of(rest);
    if (!are_separated(rest)) {
      return members.refuse("key", "has fields that nothing separates, as the / in \"member:{groupId}/{userId}\" does");
    }
    const bool is_plain = std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_plain || count_braces(rest) != 2 * others.size()) {
      return members.refuse("key", "holds braces or characters that are out of place");
    }
    std::vector<std::string_view> names = {std::string_view(*key).substr(open + 1, close - open - 1)};
    names.insert(names.end(), others.begin(), others.end());
    for (const auto name : names) {
      const auto* const field = find(row, name);
      const bool fits = field != nullptr && field->required && field->place != FieldPlace::header &&
                        (field->type == FieldType::text || field->type == FieldType::integer);
      if (!fits) {
        return members.refuse(
            "key", fmt::format("holds {{{}}}, which is not a required text or integer of the operation", quote(name)));
      }
    }
    row.key_prefix = texts_.keep(prefix);
    row.key_rest = texts_.keep(rest);
    row.key_field = static_cast<std::size_t>(find(row, names.front()) - row.fields.data());
  }

  /// Whether before each placeholder stands a character that the values cannot hold, as they are encoded.
  static bool are_separated(std::string_view rest) {
    for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
      const auto separator = rest.substr(0, open);
      if (std::ranges::all_of(separator, [](char c) { return is_unreserved(c) || c == '%'; })) return false;
      const auto close = rest.find('}', open);
      if (close == std::string_view::npos) return true;
      rest.remove_prefix(close + 1);
    }
    return true;
  }

  /// What is known to change a resource must be ordered with everything else that changes it.
  void check_known_request(TomlMembers& members, const OperationRow& row) {
    for (const auto& other : std::span(rows_).first(known_)) {
      if (other.method != row.method || shape_of(other.target) != shape_of(row.target)) continue;
      if (other.key_prefix == row.key_prefix) continue;
      members.refuse("request", fmt::format("is that of {}, which is built in, so the key must begin with {}",
                                            other.name, other.key_prefix));
    }
  }

  void read_repeatable(TomlMembers& members, OperationRow& row) {
    const auto* const node = members.take("repeatable");
    if (node == nullptr) {
      return members.require("repeatable", "whether sending it twice has the effect of sending it once: true or false");
    }
    if (const auto* const boolean = node->as_boolean()) {
      row.idempotent = boolean->get();
    } else if (const auto* const table = node->as_table(); table != nullptr && !table->empty()) {
      row.idempotent = true;
      auto& conditions = texts_.conditions.emplace_back();
      for (const auto& [key, values] : in_file_order(*table)) read_condition(key, *values, row, conditions);
      row.repeatable_if = conditions;
    } else {
      members.refuse("repeatable", "is true, false, or the values with which it is: { renameMode = [3] }");
    }
  }

  void read_condition(std::string_view key, const toml::node& node, const OperationRow& row,
                      std::vector<RepeatCondition>& conditions) {
    const auto* const field = find(row, key);
    const auto* const list = node.as_array();
    if (field == nullptr || list == nullptr || list->empty()) {
      return problems_.add(
          node, fmt::format("repeatable: {} is not a field with a list of values: {{ renameMode = [3] }}", quote(key)));
    }
    RepeatCondition condition{.field = static_cast<std::size_t>(field - row.fields.data())};
    std::vector<std::int64_t> numbers;
    std::vector<std::string> values;
    for (const auto& item : *list) {
      const auto* const number = item.as_integer();
      const auto* const boolean = item.as_boolean();
      const auto* const text = item.as_string();
      if (field->type == FieldType::integer && number != nullptr) {
        numbers.push_back(number->get());
      } else if (field->type == FieldType::boolean && boolean != nullptr) {
        numbers.push_back(boolean->get() ? 1 : 0);
      } else if (field->type == FieldType::text && text != nullptr) {
        values.push_back(text->get());
      } else {
        return problems_.add(item, fmt::format("repeatable: this is not a value that {} can have", key));
      }
    }
    condition.numbers = texts_.plain_numbers.emplace_back(std::move(numbers));
    condition.texts = texts_.keep(values);
    conditions.push_back(condition);
  }

  void read_success(TomlMembers& members, OperationRow& row) {
    const auto* const table = members.table("success");
    if (table == nullptr) return;
    TomlMembers success(*table, fmt::format("operation {}: success", row.name), problems_);
    if (const auto* const node = success.take("code")) {
      const auto code = number_of(*node);
      if (!code) success.refuse("code", "is a whole number, or a text of digits");
      row.success_code = code.value_or(0);
    }
    if (const auto* const node = success.take("http")) {
      std::vector<std::uint16_t> statuses;
      const auto* const list = node->as_array();
      for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto status = list->get(i)->value<std::int64_t>().value_or(0);
        const bool fits = status >= 200 && status < 300 && status != 204 && status != 205;
        if (!fits) return success.refuse("http", "lists statuses from 200 to 299 that come with a body: [200, 202]");
        if (std::ranges::find(statuses, status) == statuses.end())
          statuses.push_back(static_cast<std::uint16_t>(status));
      }
      if (statuses.empty()) return success.refuse("http", "is a list of statuses: [200]");
      // The usual one needs no list.
      if (statuses.size() > 1 || statuses.front() != 200) {
        row.success_http = texts_.statuses.emplace_back(std::move(statuses));
      }
    }
    success.finish();
  }

  static std::optional<std::int64_t> number_of(const toml::node& node) {
    if (const auto* const number = node.as_integer()) return number->get();
    const auto* const text = node.as_string();
    constexpr std::size_t most_digits = 18;
    if (text == nullptr || text->get().empty() || text->get().size() > most_digits) return std::nullopt;
    if (!std::ranges::all_of(text->get(), is_digit)) return std::nullopt;
    return std::stoll(text->get());
  }

  void read_answers_id(TomlMembers& members, OperationRow& row) {
    const auto pointer = members.text("answers_id");
    if (!pointer) return;
    if (!is_pointer(*pointer, false)) {
      return members.refuse("answers_id", "names a member of the answer: \"/id\"");
    }
    if (!row.key_rest.empty()) {
      return members.refuse("answers_id", "needs a key of one field, which is what the answer repeats");
    }
    constexpr std::array<std::string_view, 4> others = {"code", "msg", "error_code", "error_msg"};
    if (std::ranges::find(others, std::string_view(*pointer).substr(1)) != others.end()) {
      return members.refuse("answers_id", fmt::format("cannot be {}, which means something else", quote(*pointer)));
    }
    row.answers_id = true;
    row.id_member = texts_.keep(std::string_view(*pointer).substr(1));
  }

  void read_at_least_one_of(TomlMembers& members, OperationRow& row) {
    for (const auto& name : members.texts("at_least_one_of")) {
      const auto* const field = find(row, name);
      if (field == nullptr || field->required) {
        return members.refuse("at_least_one_of", fmt::format("names {}, which is not an optional field", quote(name)));
      }
      row.at_least_one_of |= 1U << static_cast<unsigned>(field - row.fields.data());
    }
  }

  /// Fields of all operations on one kind of resource are numbered together.
  void check_targets(const toml::table& table, const OperationRow& row) {
    auto& targets = targets_[row.key_prefix];
    const auto add = [&](const OperationRow& of) {
      for (const auto& field : of.fields) {
        if (field.selects || field.place != FieldPlace::body) continue;
        targets.insert(field.sets.empty() ? field.name : field.sets);
      }
    };
    for (const auto& known : std::span(rows_).first(known_)) {
      if (known.key_prefix == row.key_prefix) add(known);
    }
    add(row);
    if (targets.size() <= max_fields) return;
    problems_.add(table,
                  fmt::format("operation {}: the operations whose key begins with {} set more than {} different things",
                              row.name, row.key_prefix, max_fields));
  }

  TomlProblems& problems_;
  OperationTexts& texts_;
  std::vector<OperationRow> rows_;
  std::vector<ResourceKind> kinds_;
  const std::size_t known_;
  FieldSpellings spellings_;
  std::map<std::string_view, std::set<std::string_view>> targets_;  ///< by key prefix
};

}  // namespace

Result<OperationsFile> parse_operations_file(std::string_view text, const std::string& name,
                                             std::span<const OperationRow> known) {
  if (text.size() > max_operations_file) return usage_error(name + ": longer than 1 MiB, so it is not such a file");
  if (const auto line = too_deep_line(text))
    return usage_error(fmt::format("{}:{}:1: too many dots in this line", name, *line));
  const auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& at = parsed.error().source().begin;
    return usage_error(
        fmt::format("{}:{}:{}: not TOML: {}", name, at.line, at.column, harmless(parsed.error().description())));
  }
  TomlProblems problems;
  const auto texts = std::make_shared<OperationTexts>();
  OperationsReader reader(problems, *texts, known);
  reader.read(parsed.table());
  if (const auto first = problems.first(name)) return usage_error(*first);
  OperationCatalogue operations(reader.take_rows(), texts);
  ResourceCatalogue resources(reader.take_kinds(), operations, texts);
  return OperationsFile{std::move(operations), std::move(resources)};
}

Result<OperationCatalogue> parse_operations(std::string_view text, const std::string& name,
                                            std::span<const OperationRow> known) {
  auto file = parse_operations_file(text, name, known);
  if (!file) return file.error();
  return std::move(file->operations);
}

}  // namespace koobatch::koodrive
