#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Something odd about a value or a job that breaks no rule: the trace of some program, and hardly ever intended.
enum class Oddity : std::uint8_t {
  leading_blank,      ///< the text begins with a blank
  trailing_blank,     ///< the text ends with a blank
  only_blanks,        ///< the text consists of blanks
  invisible,          ///< the text contains a character that is not displayed
  unreadable,         ///< the text contains U+FFFD, which replaces what could not be decoded
  question_marks,     ///< a word of question marks, as remains of letters that an encoding lacks
  misread,            ///< the text contains UTF-8 that was decoded as another encoding: "Ã©"
  decomposed,         ///< the text is not in Unicode's composed form (NFC), and so differs from one that looks the same
  quoted,             ///< the text is enclosed in quotes
  spreadsheet_error,  ///< the text is a spreadsheet's error value
  rewritten_number,   ///< the identifier is a number as programs write it, not only digits
  digits_lost,        ///< the job's identifiers end in zeros where a program has dropped digits
  no_operations,      ///< the job is empty
  trimmed,            ///< a notice: what surrounded a value was removed, as requested
  normalized,         ///< a notice: the text was composed, as requested
};

/// Whether it reports what was done to a value, rather than what may be wrong with it.
constexpr bool is_notice(Oddity oddity) {
  return oddity == Oddity::trimmed || oddity == Oddity::normalized;
}

/// An oddity of one record.
struct Warning {
  Oddity oddity = Oddity::leading_blank;
  std::string_view field{};    ///< the field's name in the catalogue; empty: it is about the job
  std::int32_t character = 0;  ///< the character concerned; 0: none
};

/// Describes the oddity as the end of a sentence about the field: "ends with U+00A0 (NO-BREAK SPACE)". Precondition: it
/// is about a value.
std::string describe(const Warning& warning);

/// One kind of oddity in a whole job: its number and its first occurrences.
struct OddityCount {
  static constexpr std::size_t max_lines = 5;

  Warning first;
  std::uint64_t count = 0;
  std::vector<std::uint32_t> lines{};  ///< the first lines that have it, at most max_lines
};

}  // namespace koobatch::job
