#include "koobatch/core/csv.hpp"

#include <algorithm>
#include <array>

namespace koobatch {
namespace {

/// Some spreadsheets skip white space before a formula, and accept the full-width forms of the signs.
bool is_formula(std::string_view text) {
  constexpr std::array<std::string_view, 8> starts = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
  if (text.empty()) return false;
  if (std::string_view("\t\r\n").find(text.front()) != std::string_view::npos) return true;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return std::any_of(starts.begin(), starts.end(), [&](auto start) { return text.starts_with(start); });
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view cell, char delimiter) {
  const std::array<char, 4> special = {'"', '\r', '\n', delimiter};
  if (cell.find_first_of(special.data(), 0, special.size()) == std::string_view::npos) {
    out.append(cell);
    return;
  }
  out.push_back('"');
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
}

void append_csv_text(std::string& out, std::string_view text) {
  if (!is_formula(text)) return append_csv_cell(out, text);
  append_csv_cell(out, std::string("'").append(text));
}

}  // namespace koobatch
