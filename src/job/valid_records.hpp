#pragma once
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Reads records of which JsonObjectReader::read_record() has found nothing wrong before, in a fraction of the time:
/// whether a record is JSON, in UTF-8, with known fields of the right types, each once, is not asked again. Records are
/// mostly written by one program, so they differ in their values alone: what is around the values is learned once and
/// then compared as a whole.
class ValidRecords {
 public:
  /// The catalogue must outlive it.
  explicit ValidRecords(const koodrive::OperationCatalogue& catalogue) : catalogue_(catalogue) {}

  /// Reads the record as read_record() does, into views that stay valid as long as `text`. False if it holds anything
  /// but plain texts, or does not begin with its operation: read_record() must read it then, and `fields` is in any
  /// state.
  bool read(std::string_view text, koodrive::Fields& fields);

 private:
  /// A value, and what is between it and the one before.
  struct Member {
    std::string before;
    std::size_t field = 0;  ///< of the row; unused for a common one
    std::optional<std::string_view> koodrive::Fields::* common = nullptr;
  };
  /// All that records of one form have in common.
  struct Form {
    const koodrive::OperationRow* row = nullptr;
    std::size_t op_at = 0, op_size = 0;  ///< the row's name in the text
    std::vector<Member> members;
    std::string end;
  };
  /// More are not learned: they are read piece by piece.
  static constexpr std::size_t most_forms = 8;

  static bool matches(const Form& form, std::string_view text, koodrive::Fields& fields);
  static std::string_view& place_of(const Member& member, koodrive::Fields& fields);
  static std::optional<Member> member_named(std::string_view name, koodrive::Fields& fields, std::size_t& expected);
  std::optional<Form> read_pieces(std::string_view text, koodrive::Fields& fields) const;

  const koodrive::OperationCatalogue& catalogue_;
  std::vector<Form> forms_;
};

}  // namespace koobatch::job
