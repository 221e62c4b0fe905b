#include "state/csv_cells.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/unicode_text.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace koobatch::state {
namespace {

using boost::algorithm::iequals;
using boost::algorithm::istarts_with;

constexpr char guard = '\'';
constexpr char check_mark = 'x';

/// "March 2026", "Dec-1": what a spreadsheet takes for a date. Those of other languages are found by the check.
bool may_be_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
  return std::ranges::any_of(text, is_digit) &&
         std::ranges::any_of(months, [&](auto month) { return istarts_with(text, month); });
}

bool is_truth_value(std::string_view text) {
  return iequals(text, "true") || iequals(text, "false");
}

}  // namespace

bool needs_guard(std::string_view text) {
  if (text.empty()) return false;
  return !begins_with_letter(text) || is_truth_value(text) || may_be_date(text);
}

std::string guarded(std::string_view text) {
  std::string cell;
  if (needs_guard(text)) cell.push_back(guard);
  return cell.append(text);
}

std::string_view unguarded(std::string_view cell) {
  if (cell.starts_with(guard) && needs_guard(cell.substr(1))) cell.remove_prefix(1);
  return cell;
}

std::string check_cell(std::uint64_t check) {
  return fmt::format("{}{:016x}", check_mark, check);
}

std::optional<std::uint64_t> parse_check(std::string_view cell) {
  constexpr std::size_t digits = 16;
  if (cell.size() != digits + 1 || cell.front() != check_mark) return std::nullopt;
  std::uint64_t check = 0;
  const char* const end = cell.data() + cell.size();
  const auto [rest, error] = std::from_chars(cell.data() + 1, end, check, 16);
  return error == std::errc() && rest == end ? std::optional(check) : std::nullopt;
}

}  // namespace koobatch::state
