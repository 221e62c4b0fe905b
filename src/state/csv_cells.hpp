#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Cells that survive a spreadsheet.

namespace koobatch::state {

inline constexpr std::string_view new_prefix = "new_";
inline constexpr std::string_view check_column = "check";

/// Whether a spreadsheet might not take the cell for the text that it is, but for a number, a date, a formula or the
/// like.
bool needs_guard(std::string_view text);

/// The cell for a text: with an apostrophe before it if it needs one, or looks as if it had one.
std::string guarded(std::string_view text);

/// The text of a cell: without one apostrophe, if that is a guard. The apostrophe of 'Tis is part of the text.
std::string_view unguarded(std::string_view cell);

/// A check as a cell. It begins with a letter: as a number, it would lose digits.
std::string check_cell(std::uint64_t check);
/// Nothing if the cell is not a check.
std::optional<std::uint64_t> parse_check(std::string_view cell);

}  // namespace koobatch::state
