#pragma once
#include "koobatch/state/value.hpp"

#include <string>
#include <string_view>

// Values for people who decide whether a change is meant. Nothing in them affects a terminal.

namespace koobatch::plan {

/// A text in quotes in which everything is visible: control and invisible characters, and blanks other than a single
/// space, as \u{a0}; a space at either end, or beside another one, as ␣; the marks of decomposed letters, and letters
/// of a look-alike script within a Latin word, as \u{430}. Quotes, backslashes and ␣ itself are escaped.
std::string show_text(std::string_view text);

/// A value before and after a change.
struct ShownChange {
  std::string was;
  std::string wanted;
};

/// Texts that look alike as a whole are shown with their letters escaped, long lists with what differs alone.
ShownChange show_change(const state::Value& was, const state::Value& wanted);

/// The text, so that its writing direction does not affect what is around it on a terminal.
std::string isolated(std::string text);

}  // namespace koobatch::plan
