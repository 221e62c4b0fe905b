#include "plan/shown_value.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/unicode_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace koobatch::plan {
namespace {

using Texts = std::vector<std::string>;

/// More characters of a text, or items of a list, are not shown.
constexpr std::size_t most_characters = 600;
constexpr std::size_t most_items = 8;

constexpr UChar32 visible_space = 0x2423;
constexpr std::string_view visible_space_text = "␣";

std::vector<UChar32> characters_of(std::string_view text) {
  std::vector<UChar32> characters;
  for_each_character(text, [&](UChar32 c, std::string_view) { characters.push_back(c); });
  return characters;
}

UScriptCode script_of(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  return c < 0 ? USCRIPT_COMMON : uscript_getScript(c, &error);
}

/// Whether letters of the script are easily taken for Latin ones.
bool is_like_latin(UScriptCode script) {
  return script == USCRIPT_CYRILLIC || script == USCRIPT_GREEK || script == USCRIPT_ARMENIAN ||
         script == USCRIPT_CHEROKEE || script == USCRIPT_COPTIC || script == USCRIPT_LISU;
}

/// Whether nothing is seen of the character, or not what it is.
bool is_unseen(UChar32 c) {
  constexpr UChar32 blank_braille = 0x2800;
  constexpr auto mask = U_GC_ZS_MASK | U_GC_CN_MASK | U_GC_CO_MASK | U_GC_CS_MASK;
  if (c == ' ') return false;
  return is_harmful(c) || (U_GET_GC_MASK(c) & mask) != 0 || c == blank_braille ||
         u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

bool is_mark(UChar32 c) {
  return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

/// By character, whether it belongs to a word that has letters of Latin and of a script like it.
std::vector<bool> find_mixed_words(const std::vector<UChar32>& text) {
  std::vector<bool> mixed(text.size(), false);
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    bool has_latin = false, has_like_latin = false;
    for (; to < text.size() && (u_isalpha(text[to]) || is_mark(text[to])); ++to) {
      has_latin = has_latin || script_of(text[to]) == USCRIPT_LATIN;
      has_like_latin = has_like_latin || is_like_latin(script_of(text[to]));
    }
    for (std::size_t i = from; has_latin && has_like_latin && i < to; ++i) mixed[i] = true;
    from = to + 1;
  }
  return mixed;
}

/// Shows a text, which must outlive it; with `all`, nothing but ASCII is left as it is.
class TextShower {
 public:
  TextShower(std::string_view text, bool all)
      : text_(characters_of(text)), mixed_(find_mixed_words(text_)), is_composed_(is_composed(text)), all_(all) {
    for_each_character(text, [&](UChar32, std::string_view bytes) { bytes_.push_back(bytes); });
  }

  std::string show() {
    out_.push_back('"');
    for (std::size_t i = 0; i < std::min(text_.size(), most_characters); ++i) append(i);
    out_.push_back('"');
    if (text_.size() > most_characters) {
      out_ += fmt::format("… ({} in all)", count_of(text_.size(), "character"));
    }
    return std::move(out_);
  }

 private:
  void append(std::size_t i) {
    const auto c = text_[i];
    if (c < 0) {
      out_.append("\xef\xbf\xbd");
    } else if (c == '"' || c == '\\') {
      out_.append(1, '\\').append(1, static_cast<char>(c));
    } else if (c == ' ') {
      out_.append(is_odd_space(i) ? visible_space_text : " ");
    } else if (must_escape(i)) {
      fmt::format_to(std::back_inserter(out_), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    } else {
      out_.append(bytes_[i]);
    }
  }

  bool must_escape(std::size_t i) const {
    const auto c = text_[i];
    if (c == visible_space || is_unseen(c) || (all_ && c >= 0x80)) return true;
    if (is_mark(c) && (i == 0 || !is_composed_)) return true;
    return mixed_[i] && is_like_latin(script_of(c));
  }

  bool is_odd_space(std::size_t i) const {
    return i == 0 || i + 1 == text_.size() || text_[i - 1] == ' ' || text_[i + 1] == ' ';
  }

  std::vector<UChar32> text_;
  std::vector<std::string_view> bytes_;  ///< of each character
  std::vector<bool> mixed_;
  bool is_composed_;
  bool all_;
  std::string out_;
};

/// Whether the texts differ in letters alone that are exchanged for those of another script.
bool is_imitation(std::string_view a, std::string_view b) {
  const auto x = characters_of(a);
  const auto y = characters_of(b);
  if (x.size() != y.size()) return false;
  bool differs = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    const auto one = script_of(x[i]), other = script_of(y[i]);
    if (one == other || !(one == USCRIPT_LATIN || is_like_latin(one))) return false;
    if (!(other == USCRIPT_LATIN || is_like_latin(other))) return false;
    differs = true;
  }
  return differs;
}

std::string show_items(const Texts& items) {
  std::string out = "[";
  for (std::size_t i = 0; i < std::min(items.size(), most_items); ++i) {
    out += (i > 0 ? ", " : "") + show_text(items[i]);
  }
  if (items.size() > most_items) out += fmt::format(", … {} in all", format_count(items.size()));
  return out + "]";
}

/// The items of one list that the other one lacks.
Texts difference(Texts items, Texts others) {
  std::ranges::sort(items);
  std::ranges::sort(others);
  Texts rest;
  std::ranges::set_difference(items, others, std::back_inserter(rest));
  return rest;
}

ShownChange show_lists(const Texts& was, const Texts& wanted) {
  if (was.size() <= most_items && wanted.size() <= most_items) return {show_items(was), show_items(wanted)};
  const auto removed = difference(was, wanted);
  const auto added = difference(wanted, was);
  std::string text = count_of(wanted.size(), "item");
  if (!removed.empty()) text.append(", without ").append(show_items(removed));
  if (!added.empty()) text.append(", with ").append(show_items(added));
  return {count_of(was.size(), "item"), std::move(text)};
}

std::string show_value(const state::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return show_text(*text);
  if (const auto* list = std::get_if<Texts>(&value)) return show_items(*list);
  std::string json;
  append_json(json, value);
  return std::holds_alternative<state::Json>(value) ? show_text(json) : json;
}

}  // namespace

std::string show_text(std::string_view text) {
  return TextShower(text, false).show();
}

ShownChange show_change(const state::Value& was, const state::Value& wanted) {
  const auto* const text = std::get_if<std::string>(&was);
  const auto* const other = std::get_if<std::string>(&wanted);
  if (text != nullptr && other != nullptr && is_imitation(*text, *other)) {
    return {TextShower(*text, true).show(), TextShower(*other, true).show()};
  }
  const auto* const list = std::get_if<Texts>(&was);
  const auto* const other_list = std::get_if<Texts>(&wanted);
  if (list != nullptr && other_list != nullptr) return show_lists(*list, *other_list);
  return {show_value(was), show_value(wanted)};
}

std::string isolated(std::string text) {
  constexpr std::string_view begin = "\u2068", end = "\u2069";
  bool is_right_to_left = false;
  for_each_character(text, [&](UChar32 c, std::string_view) {
    const auto direction = c < 0 ? U_LEFT_TO_RIGHT : u_charDirection(c);
    is_right_to_left = is_right_to_left || direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
  });
  return is_right_to_left ? std::string(begin).append(text).append(end) : text;
}

}  // namespace koobatch::plan
