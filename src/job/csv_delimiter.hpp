#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What separates the cells of a CSV text, which its first line tells.

namespace koobatch::job {

/// What a first line "sep=;" says, which tells Excel how to read the lines after it; nothing if it is another line.
std::optional<char> named_delimiter(std::string_view line);

/// What separates the names of a header: of comma, semicolon, TAB and vertical bar the one that it has most of, outside
/// quotes. No column has one of them in its name.
char find_delimiter(std::string_view header);

/// The cells of a line, roughly: quotes are taken off, but do not keep delimiters together. For guessing what a line
/// is.
std::vector<std::string_view> rough_cells(std::string_view line, char delimiter);

/// What messages call it: "';'", "TAB".
std::string name_delimiter(char delimiter);

}  // namespace koobatch::job
