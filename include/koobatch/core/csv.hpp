#pragma once
#include <string>
#include <string_view>

namespace koobatch {

/// Appends a CSV cell as RFC 4180 specifies, quoted only if necessary. `delimiter`: what separates cells.
void append_csv_cell(std::string& out, std::string_view cell, char delimiter = ',');

/// Appends a cell whose text comes from outside and will be opened in a spreadsheet: text that a spreadsheet would take
/// for a formula is prefixed with an apostrophe, which marks it as text there.
void append_csv_text(std::string& out, std::string_view text);

}  // namespace koobatch
