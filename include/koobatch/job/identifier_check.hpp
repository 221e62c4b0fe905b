#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Identifiers as programs have distorted them: above all spreadsheets, which take 19 digits for a number.

namespace koobatch::job {

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
