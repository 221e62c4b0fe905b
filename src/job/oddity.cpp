#include "koobatch/job/oddity.hpp"

#include "koobatch/core/describe.hpp"

#include <cassert>

namespace koobatch::job {

std::string describe(const Warning& warning) {
  switch (warning.oddity) {
    case Oddity::leading_blank:
      return "begins with " + describe_character(warning.character);
    case Oddity::trailing_blank:
      return "ends with " + describe_character(warning.character);
    case Oddity::only_blanks:
      return "consists of blanks only";
    case Oddity::invisible:
      return "contains " + describe_character(warning.character) + ", which is invisible";
    case Oddity::unreadable:
      return "contains " + describe_character(warning.character) +
             ", which stands for what another program could not read";
    case Oddity::question_marks:
      return "has question marks for a word, as left by a program that saved it in an encoding without its letters";
    case Oddity::misread:
      return "contains " + describe_character(warning.character) + ", as UTF-8 looks when read in another encoding";
    case Oddity::decomposed:
      return "is not in composed form (NFC), so it differs from a name that looks the same";
    case Oddity::quoted:
      return "is in quotes, which become part of it";
    case Oddity::spreadsheet_error:
      return "is a spreadsheet's error value";
    case Oddity::rewritten_number:
      return "looks like a number that a program has rewritten";
    case Oddity::trimmed:
      return "had blanks or marks around it, which were removed";
    case Oddity::normalized:
      return "was not in composed form (NFC), and now is";
    case Oddity::digits_lost:
    case Oddity::no_operations:
      break;
  }
  assert(false);
  return {};
}

}  // namespace koobatch::job
