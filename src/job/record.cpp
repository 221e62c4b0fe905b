#include "job/record.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace koobatch::job {
namespace {

bool is_plain_word(std::string_view name) {
  constexpr std::size_t max_shown = 40;
  return !name.empty() && name.size() <= max_shown && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string operation_names(const koodrive::OperationCatalogue& catalogue) {
  std::vector<std::string_view> names;
  for (const auto& row : catalogue.rows()) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::optional<std::string_view>* find_common_field(koodrive::Fields& fields, std::string_view name) {
  if (name == user_id_field) return &fields.user_id;
  if (name == ref_field) return &fields.ref;
  if (name == language_field) return &fields.language;
  return nullptr;
}

std::string printable_name(std::string_view name) {
  return is_plain_word(name) ? std::string(name) : quote(name);
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  text = trim_identifier(text);
  std::int64_t integer = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, integer);
  if (error != std::errc()) return std::nullopt;
  const std::string_view decimals(rest, static_cast<std::size_t>(end - rest));
  const bool whole = decimals.empty() || (decimals.size() > 1 && decimals.front() == '.' &&
                                          decimals.find_first_not_of('0', 1) == std::string_view::npos);
  return whole ? std::optional(integer) : std::nullopt;
}

bool boolean_of(std::string_view text, bool& boolean) {
  using boost::algorithm::iequals;
  boolean = iequals(text, "true");
  return boolean || iequals(text, "false");
}

koodrive::Violation missing_operation(const koodrive::OperationCatalogue& catalogue) {
  return {std::string(op_field), fmt::format("is missing; known operations are {}", operation_names(catalogue))};
}

koodrive::Violation unknown_operation(std::string_view op, const koodrive::OperationCatalogue& catalogue) {
  return {std::string(op_field),
          fmt::format("{} is not an operation; known operations are {}", quote(op), operation_names(catalogue))};
}

koodrive::Violation unknown_field(std::string_view name, std::string_view owner,
                                  const std::vector<std::string_view>& known) {
  return {printable_name(name),
          fmt::format("is not a field of {}; known fields are {}", owner, fmt::join(known, ", "))};
}

koodrive::Violation duplicate_field(std::string_view name) {
  return {printable_name(name), "appears more than once"};
}

std::vector<std::string_view> known_fields(const koodrive::OperationRow& row) {
  std::vector<std::string_view> names{op_field};
  for (const auto& field : row.fields) names.push_back(field.name);
  names.insert(names.end(), {user_id_field, language_field, ref_field});
  return names;
}

void append_record_json(const koodrive::Fields& fields, std::string& out) {
  JsonWriter json(out);
  json.add(op_field, fields.row->name);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if (!fields.values[i].present) continue;
    const auto& field = fields.row->fields[i];
    koodrive::append_field(json.key(field.name), fields, i);
  }
  if (fields.user_id) json.add(user_id_field, *fields.user_id);
  if (fields.language) json.add(language_field, *fields.language);
  if (fields.ref) json.add(ref_field, *fields.ref);
  json.end();
}

void add_once(std::vector<koodrive::Violation>& out, koodrive::Violation violation) {
  const bool there = std::ranges::any_of(
      out, [&](const koodrive::Violation& v) { return v.field == violation.field && v.message == violation.message; });
  if (!there) out.push_back(std::move(violation));
}

bool has_violation(const std::vector<koodrive::Violation>& violations, std::string_view field) {
  return std::ranges::find(violations, field, &koodrive::Violation::field) != violations.end();
}

}  // namespace koobatch::job
