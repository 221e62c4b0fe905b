#include "koobatch/job/record.hpp"

#include "koobatch/job/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace koobatch::job {
namespace {

bool is_plain_word(std::string_view name) {
  constexpr std::size_t max_shown = 40;
  return !name.empty() && name.size() <= max_shown && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string operation_names() {
  std::vector<std::string_view> names;
  for (const auto& row : service_operations()) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::optional<std::string_view>* find_common_field(Fields& fields, std::string_view name) {
  if (name == user_id_field) return &fields.user_id;
  if (name == ref_field) return &fields.ref;
  if (name == language_field) return &fields.language;
  return nullptr;
}

std::string printable_name(std::string_view name) {
  return is_plain_word(name) ? std::string(name) : quote(name);
}

Violation missing_operation() {
  return {std::string(op_field), fmt::format("is missing, known operations are {}", operation_names())};
}

Violation unknown_operation(std::string_view op) {
  return {std::string(op_field),
          fmt::format("{} is not an operation, known operations are {}", quote(op), operation_names())};
}

Violation unknown_field(std::string_view name, std::string_view owner, const std::vector<std::string_view>& known) {
  return {printable_name(name),
          fmt::format("is not a field of {}, known fields are {}", owner, fmt::join(known, ", "))};
}

Violation duplicate_field(std::string_view name) {
  return {printable_name(name), "appears more than once"};
}

std::vector<std::string_view> known_fields(const OperationRow& row) {
  std::vector<std::string_view> names{op_field};
  for (const auto& field : row.fields) names.push_back(field.name);
  names.insert(names.end(), {user_id_field, language_field, ref_field});
  return names;
}

void add_once(std::vector<Violation>& out, Violation violation) {
  const bool there = std::ranges::any_of(
      out, [&](const Violation& v) { return v.field == violation.field && v.message == violation.message; });
  if (!there) out.push_back(std::move(violation));
}

bool has_violation(const std::vector<Violation>& violations, std::string_view field) {
  return std::ranges::find(violations, field, &Violation::field) != violations.end();
}

}  // namespace koobatch::job
