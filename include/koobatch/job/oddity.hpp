#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// What is odd about a value or a job that breaks no rule: programs leave it behind, and hardly anybody means it.
enum class Oddity : std::uint8_t {
  leading_blank,      ///< a text begins with a blank
  trailing_blank,     ///< a text ends with one
  only_blanks,        ///< a text is nothing else
  invisible,          ///< a text contains a character that shows as nothing
  unreadable,         ///< a text contains U+FFFD, which stands for what could not be read
  question_marks,     ///< a text has question marks for a word, as is left of letters that an encoding lacks
  misread,            ///< a text contains UTF-8 that was read in another encoding: "Ã©"
  decomposed,         ///< a text is not in Unicode's composed form (NFC), and so differs from one that looks the same
  quoted,             ///< a text stands in quotes
  spreadsheet_error,  ///< a text is a spreadsheet's error value
  rewritten_number,   ///< an identifier is a number as programs write it, not digits alone
  digits_lost,        ///< the identifiers of the job end in zeros where a program has dropped digits
  no_operations,      ///< the job is empty
  trimmed,            ///< a notice: what surrounded a value was removed, as was asked for
  normalized,         ///< a notice: a text was composed, as was asked for
};

/// Whether it says what was done to a value, and not what may be wrong with it.
constexpr bool is_notice(Oddity oddity) {
  return oddity == Oddity::trimmed || oddity == Oddity::normalized;
}

/// An oddity of one record.
struct Warning {
  Oddity oddity = Oddity::leading_blank;
  std::string_view field{};    ///< the catalogue's name of it; empty: it is about the job
  std::int32_t character = 0;  ///< the one in question; 0: none is
};

/// What is odd, as the end of a sentence about the field: "ends with U+00A0 (NO-BREAK SPACE)".
/// Precondition: it is about a value.
std::string describe(const Warning& warning);

/// One kind of oddity in a whole job: how often, and where first.
struct OddityCount {
  static constexpr std::size_t max_lines = 5;

  Warning first;
  std::uint64_t count = 0;
  std::vector<std::uint32_t> lines{};  ///< on which it was found first, at most max_lines
};

}  // namespace koobatch::job
