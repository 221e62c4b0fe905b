#pragma once
#include "koobatch/core/eight_bytes.hpp"
#include "koobatch/job/oddity.hpp"

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What names and other texts contain that is allowed but hardly intended.

namespace koobatch::job {

/// Whether each character of the text must be examined: a cheap test that rules out most texts. Precondition: the text
/// is not empty.
inline bool may_be_odd(std::string_view text) {
  assert(!text.empty());
  const char first = text.front();  // of a blank, of quotes, of an error value, of what could not be saved
  if (first == ' ' || first == '\'' || first == '"' || first == '#' || first == 'E' || first == '?') return true;
  if (text.back() == ' ' || text.back() == '?') return true;
  return !is_printable(text);
}

/// Appends what is odd about a text, the value of `field`: each kind of oddity once.
void find_text_oddities(std::string_view field, std::string_view text, std::vector<Warning>& out);

/// Whether the text contains a null character, which no name can contain.
bool has_null(std::string_view text);

}  // namespace koobatch::job
