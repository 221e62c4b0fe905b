#pragma once
#include <string>
#include <string_view>

namespace koobatch {

/// Appends a cell of CSV as RFC 4180 has it: in quotes only if it needs them.
void append_csv_cell(std::string& out, std::string_view cell);

/// As above, for a text from outside that is read in a spreadsheet: one that would be taken for a formula gets an
/// apostrophe in front, the spreadsheets' own mark for text.
void append_csv_text(std::string& out, std::string_view text);

}  // namespace koobatch
