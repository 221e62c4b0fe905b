#pragma once
#include "koobatch/state/item.hpp"
#include "koobatch/state/reader.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace koobatch::state {

/// Finds out which items the rows were that a spreadsheet has mangled: by the check, if the item has not changed since;
/// otherwise by the digits that the identifier still has, if they are those of one item alone.
class IdProposals {
 public:
  /// More rows are not looked into: their messages would not be read.
  static constexpr std::size_t max_rows = 1000;

  /// To be called for all rows before the first see().
  void add(const MangledRow& row);
  /// Shows an item of the present state.
  void see(const Item& item);
  /// The identifier that the row on this line had; empty: it cannot be told.
  std::string proposal(std::uint32_t line) const;

 private:
  void note_digits(const std::string& digits, const Item& item);

  struct Row {
    const koodrive::ResourceKind* kind = nullptr;
    std::string by_check;
    std::string by_digits;
    bool is_ambiguous = false;  ///< whether several items have these digits
  };

  std::map<std::uint32_t, Row> rows_;  ///< by line
  std::multimap<std::uint64_t, std::uint32_t> lines_of_check_;
  std::multimap<std::string, std::uint32_t> lines_of_digits_;
};

}  // namespace koobatch::state
