#pragma once
#include "job/characters.hpp"
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What NDJSON objects, CSV records and request bodies have in common: names of fields, and the wording of errors.

namespace koobatch::job {

/// The fields that every operation of a job may have besides those of its row.
inline constexpr std::string_view op_field = "op";
inline constexpr std::string_view user_id_field = "user_id";
inline constexpr std::string_view language_field = "language";
inline constexpr std::string_view ref_field = "ref";

/// The place for the text of a common field other than `op`; null if `name` is not one.
std::optional<std::string_view>* find_common_field(koodrive::Fields& fields, std::string_view name);

/// The index of field `name` in the row. `expected` is tried first: fields mostly arrive in the row's order.
inline std::optional<std::size_t> find_field(const koodrive::OperationRow& row, std::string_view name,
                                             std::size_t expected) {
  if (expected < row.fields.size() && row.fields[expected].name == name) return expected;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].name == name) return i;
  }
  return std::nullopt;
}

/// A foreign field name for a message: unchanged if it is a plain word, otherwise quoted.
std::string printable_name(std::string_view name);

/// The operation that a record names; null if there is none. What surrounds the name, such as blanks, is ignored here:
/// ValueCheck judges it.
inline const koodrive::OperationRow* find_operation(std::string_view op,
                                                    const koodrive::OperationCatalogue& catalogue) {
  const auto* row = catalogue.find(op);
  return row != nullptr ? row : catalogue.find(trim_identifier(op));
}

/// The integer that a text denotes, also as "2.0". What surrounds it is ignored here: ValueCheck judges it.
std::optional<std::int64_t> integer_of(std::string_view text);

/// Reads true or false, in any case, as spreadsheets write them; false if the text is neither.
bool boolean_of(std::string_view text, bool& boolean);

/// The violations of a record that names no operation, or one that is not in the catalogue.
koodrive::Violation missing_operation(const koodrive::OperationCatalogue& catalogue);
koodrive::Violation unknown_operation(std::string_view op, const koodrive::OperationCatalogue& catalogue);
/// `known`: the names that would be accepted.
koodrive::Violation unknown_field(std::string_view name, std::string_view owner,
                                  const std::vector<std::string_view>& known);
koodrive::Violation duplicate_field(std::string_view name);

/// The names of the row's fields and of the common ones, for unknown_field().
std::vector<std::string_view> known_fields(const koodrive::OperationRow& row);

/// Appends a valid record as a job line, without a line end.
void append_record_json(const koodrive::Fields& fields, std::string& out);

/// Appends `violation` unless `out` contains it already.
void add_once(std::vector<koodrive::Violation>& out, koodrive::Violation violation);
bool has_violation(const std::vector<koodrive::Violation>& violations, std::string_view field);

}  // namespace koobatch::job
