#pragma once
#include "job/eight_bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Identifiers as programs have distorted them: above all spreadsheets, which take 19 digits for a number.

namespace koobatch::job {

/// Whether the text consists of digits, and is not empty.
inline bool is_digits(std::string_view text) {
  if (text.size() < eight) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  }
  // A byte from '0' to '9' has the upper half 3, and still has it with 6 added.
  return find_bits(text, [](std::uint64_t word) {
           return ((word & (word + every_byte(6))) & every_byte(0xf0)) ^ every_byte(0x30);
         }) == 0;
}

/// What is certainly wrong with an identifier, as the end of a sentence about the field; nothing if it may be valid, or
/// is empty.
std::optional<std::string> find_identifier_fault(std::string_view text);

/// Like find_identifier_fault(), but finds only what trim_identifier() would remove. Precondition: the text is not
/// empty.
std::optional<std::string> find_edge_fault(std::string_view text);

/// Whether the identifier looks like a number as programs write it ("-5", "1.5", "2E18"), though a service may have
/// such identifiers.
bool looks_rewritten(std::string_view text);

/// Whether the text is what a spreadsheet shows instead of a value that it cannot calculate: "#N/A", "#REF!".
bool is_error_value(std::string_view text);

}  // namespace koobatch::job
