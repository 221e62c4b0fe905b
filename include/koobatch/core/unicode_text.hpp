#pragma once
#include <string>
#include <string_view>

// Texts as people compare them. All are valid UTF-8.

namespace koobatch {

/// Whether the text is in Unicode's composed form (NFC).
bool is_composed(std::string_view text);
/// The text in composed form.
std::string composed(std::string_view text);

/// The composed form without differences of case: texts that differ only in case or form have the same.
std::string case_folded(std::string_view text);

/// Whether the text begins with a letter of any script.
bool begins_with_letter(std::string_view text);

}  // namespace koobatch
