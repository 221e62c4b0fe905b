#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The delimiter of a CSV text, which its first line determines.

namespace koobatch::job {

/// The delimiter that a first line like "sep=;" names, as Excel understands it; nothing if it is not such a line.
std::optional<char> named_delimiter(std::string_view line);

/// The delimiter of a header: of comma, semicolon, TAB and vertical bar the most frequent one outside quotes. No
/// column's name contains any of them.
char find_delimiter(std::string_view header);

/// The cells of a line, roughly: quotes are removed, but delimiters inside them are not recognised. For guessing what a
/// line is.
std::vector<std::string_view> rough_cells(std::string_view line, char delimiter);

/// The delimiter's name in messages: "';'", "TAB".
std::string name_delimiter(char delimiter);

}  // namespace koobatch::job
