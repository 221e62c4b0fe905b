#pragma once
#include "job/flat_object.hpp"
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// What a record of a plan has besides the members of an operation.
struct PlanMembers {
  std::uint64_t number = 0;
  std::uint64_t needs = 0;  ///< the number of a record before it; 0: none
  std::string was;          ///< see koodrive::Fields::was

  /// Takes a member of that name. False: it is none of these.
  bool take(std::string_view name, const simdjson::dom::element& value);
};

/// Reads flat JSON objects, strictly: known fields of the right type, each at most once, and nothing after the object.
/// Job lines are written by all kinds of programs, so in them an identifier may be a whole number, which is taken digit
/// by digit, and an integer may be written as 2.0 or "2".
///
/// Uses simdjson's DOM and not On-Demand: for lines of this size the cost is the same, and the DOM validates every byte
/// (skipped values, what follows the object, UTF-8, numbers), which On-Demand leaves to its user.
class JsonObjectReader {
 public:
  /// Reads a job line into `fields` and appends what is wrong to `out`. `op` determines the row of the catalogue;
  /// without it, `otherwise` is the row, which may be null. `plan`: takes what a plan's record has besides; null: it
  /// may have nothing. SIMDJSON_PADDING bytes after `text` must be readable. The views are valid until the next call.
  void read_record(std::string_view text, const koodrive::OperationCatalogue& catalogue, koodrive::Fields& fields,
                   std::vector<koodrive::Violation>& out, const koodrive::OperationRow* otherwise = nullptr,
                   PlanMembers* plan = nullptr);

  /// Reads a request body into `fields`: the body fields of its row and no others. The value of the path field remains.
  /// See read_record() for the rest. Precondition: fields.row is set.
  void read_body(std::string_view text, koodrive::Fields& fields, std::vector<koodrive::Violation>& out);

 private:
  /// How to read values whose JSON type is not that of the field.
  enum class Types { exact, convertible };

  bool parse(std::string_view text, simdjson::dom::object& object, std::vector<koodrive::Violation>& out);

  void read_field(std::size_t index, const simdjson::dom::element& value, koodrive::Fields& fields, Types types,
                  std::vector<koodrive::Violation>& out);
  /// Reads a text that is written as a number, if that is acceptable.
  void read_number(const koodrive::FieldRow& field, const simdjson::dom::element& value, Types types,
                   koodrive::FieldValue& to, std::vector<koodrive::Violation>& out);
  void read_text_list(const koodrive::FieldRow& field, const simdjson::dom::element& value, Types types,
                      koodrive::FieldValue& to, std::vector<std::string_view>& items,
                      std::vector<koodrive::Violation>& out);
  void read_object(std::string_view name, const simdjson::dom::element& value, koodrive::FieldValue& to,
                   std::vector<koodrive::Violation>& out);
  void read_common_field(std::string_view name, const simdjson::dom::element& value,
                         std::optional<std::string_view>& to, std::vector<koodrive::Violation>& out);
  std::optional<std::string_view> text_of(const simdjson::dom::element& value, bool or_digits);

  simdjson::dom::parser parser_;
  FlatObjects objects_;
  std::deque<fmt::format_int> numbers_;  ///< the digits of those identifiers in this object that are numbers
};

}  // namespace koobatch::job
