#include "job/text_check.hpp"

#include "job/characters.hpp"
#include "koobatch/core/unicode_text.hpp"
#include "koobatch/core/utf8.hpp"
#include "koobatch/job/identifier_check.hpp"

#include <unicode/umachine.h>

#include <algorithm>
#include <array>
#include <utility>

namespace koobatch::job {
namespace {

constexpr UChar32 replacement = 0xfffd;

/// Joiners shape the letters of many scripts and combine emoji; tags make flags.
bool belongs_to_previous(UChar32 c, UChar32 previous) {
  constexpr UChar32 zero_width_non_joiner = 0x200c, zero_width_joiner = 0x200d;
  constexpr UChar32 first_with_joiners = 0x600, first_emoji = 0x1f000;
  if (c == zero_width_joiner || c == zero_width_non_joiner) return previous >= first_with_joiners;
  return c >= 0xe0020 && c <= 0xe007f && previous >= first_emoji;
}

/// "Ã©", "Â°" and "â€™": the bytes of a letter or a sign, each shown as a character of its own.
bool is_misread(UChar32 c, UChar32 previous) {
  constexpr UChar32 euro = 0x20ac;
  return ((previous == 0xc2 || previous == 0xc3) && c >= 0x80 && c <= 0xbf) || (previous == 0xe2 && c == euro);
}

bool is_quoted(std::string_view text) {
  constexpr std::array<std::pair<UChar32, UChar32>, 7> quotes = {{{'"', '"'},
                                                                  {'\'', '\''},
                                                                  {0x201c, 0x201d},
                                                                  {0x201d, 0x201d},
                                                                  {0x201e, 0x201c},
                                                                  {0x2018, 0x2019},
                                                                  {0x201a, 0x2018}}};
  return text.size() > 1 &&
         std::ranges::find(quotes, std::pair(first_character(text), last_character(text))) != quotes.end();
}

/// "??", "?? 2024", "2024 ??": what is left of a word whose letters an encoding lacks.
bool has_word_of_question_marks(std::string_view text) {
  constexpr char mark = '?';
  const auto last_other = text.find_last_not_of(mark);
  if (last_other == std::string_view::npos || text.starts_with("??")) return true;
  return text.ends_with("??") && text[last_other] == ' ';
}

/// Collects the oddities of one text, each kind once.
class Findings {
 public:
  Findings(std::string_view field, std::vector<Warning>& out) : field_(field), out_(out), before_(out.size()) {}

  void add(Oddity oddity, UChar32 character = 0) {
    const auto ours = out_.begin() + static_cast<std::ptrdiff_t>(before_);
    if (std::ranges::find(ours, out_.end(), oddity, &Warning::oddity) != out_.end()) return;
    out_.push_back({oddity, field_, character});
  }

 private:
  std::string_view field_;
  std::vector<Warning>& out_;
  std::size_t before_;
};

void find_odd_characters(std::string_view text, Findings& findings) {
  UChar32 previous = 0;
  for_each_character(text, [&](UChar32 c, std::string_view) {
    if (is_misread(c, previous)) {
      findings.add(Oddity::misread, previous);
    } else if (is_invisible(c) && !belongs_to_previous(c, previous)) {
      findings.add(Oddity::invisible, c);
    } else if (c == replacement) {
      findings.add(Oddity::unreadable, c);
    }
    previous = c;
  });
}

}  // namespace

void find_text_oddities(std::string_view field, std::string_view text, std::vector<Warning>& out) {
  if (text.empty() || !may_be_odd(text)) return;
  Findings findings(field, out);
  const auto trimmed = trim_text(text);
  if (trimmed.empty()) {
    findings.add(Oddity::only_blanks);
    return;
  }
  if (const auto first = first_character(text); is_blank_character(first)) findings.add(Oddity::leading_blank, first);
  if (const auto last = last_character(text); is_blank_character(last)) findings.add(Oddity::trailing_blank, last);
  find_odd_characters(trimmed, findings);
  if (has_word_of_question_marks(trimmed)) findings.add(Oddity::question_marks);
  if (is_quoted(text)) findings.add(Oddity::quoted);
  if (is_error_value(text)) findings.add(Oddity::spreadsheet_error);
  if (!is_composed(text)) findings.add(Oddity::decomposed);
}

bool has_null(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

}  // namespace koobatch::job
