#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/item.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::state {

/// Writes items for people with a spreadsheet: a row for each, with a column for everything that is known, then empty
/// columns such as `new_name` for what is wanted, and a check by which rows are found that the spreadsheet has changed.
///
/// A cell that a spreadsheet might not take for text is guarded by an apostrophe.
class CsvWriter {
 public:
  /// The columns are those of all the kinds, which must outlive the writer.
  explicit CsvWriter(const std::vector<const koodrive::ResourceKind*>& kinds);

  /// Appends a byte order mark, without which spreadsheets do not recognise UTF-8, and the header row.
  void append_header(std::string& out) const;
  /// Precondition: the item is of one of the kinds.
  void append_row(std::string& out, const Item& item) const;

 private:
  std::vector<std::string_view> old_columns_;  ///< fields, those that are compared first
  std::vector<std::string_view> new_columns_;  ///< fields that can be changed
};

}  // namespace koobatch::state
