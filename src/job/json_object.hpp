#pragma once
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Reads flat JSON objects, strictly: known fields of the right type, each at most once, and nothing after the object.
/// Job lines are written by people's programs, so there an identifier may be a whole number, which is taken digit by
/// digit, and an integer may be written as 2.0 or "2".
///
/// It uses simdjson's DOM and not On-Demand: for lines of this size it costs the same, and it validates every byte
/// (skipped values, what follows the object, UTF-8, numbers), which On-Demand leaves to its user.
class JsonObjectReader {
 public:
  /// Reads a job line into `fields`; `op` chooses the row of the catalogue, or `otherwise` is the row if there is no
  /// `op`. What is wrong is appended to `out`; the row stays null if there is none. SIMDJSON_PADDING bytes after `text`
  /// must be readable. The views stay valid until the next call.
  void read_record(std::string_view text, const koodrive::OperationCatalogue& catalogue, koodrive::Fields& fields,
                   std::vector<koodrive::Violation>& out, const koodrive::OperationRow* otherwise = nullptr);

  /// Reads a request body of `fields.row`: its body fields and no others. The value of the path field is left as it is.
  /// Otherwise as above.
  void read_body(std::string_view text, koodrive::Fields& fields, std::vector<koodrive::Violation>& out);

 private:
  /// How values are read whose JSON type is not the field's.
  enum class Types { exact, convertible };

  bool parse(std::string_view text, simdjson::dom::object& object, std::vector<koodrive::Violation>& out);

  void read_field(std::size_t index, const simdjson::dom::element& value, koodrive::Fields& fields, Types types,
                  std::vector<koodrive::Violation>& out);
  /// A text that is written as something else: as a number, if it is to be taken.
  void read_number(const koodrive::FieldRow& field, const simdjson::dom::element& value, Types types,
                   koodrive::FieldValue& to, std::vector<koodrive::Violation>& out);
  void read_text_list(const koodrive::FieldRow& field, const simdjson::dom::element& value, Types types,
                      koodrive::FieldValue& to, std::vector<std::string_view>& items,
                      std::vector<koodrive::Violation>& out);
  void read_common_field(std::string_view name, const simdjson::dom::element& value,
                         std::optional<std::string_view>& to, std::vector<koodrive::Violation>& out);
  std::optional<std::string_view> text_of(const simdjson::dom::element& value, bool or_digits);

  simdjson::dom::parser parser_;
  std::deque<fmt::format_int> numbers_;  ///< the digits of this object's identifiers that are numbers
};

}  // namespace koobatch::job
