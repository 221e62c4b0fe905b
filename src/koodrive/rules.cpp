#include "koobatch/koodrive/rules.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/utf8.hpp"
#include "koobatch/koodrive/operation_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>

// Texts are valid UTF-8: the readers ensure that.

namespace koobatch::koodrive {
namespace {

constexpr std::string_view forbidden_space = "\n\r\b\t";

constexpr UChar32 emoji_variation_selector = 0xfe0f;
constexpr UChar32 combining_keycap = 0x20e3;
// The first code point with Emoji_Presentation. Those below (Latin to Arabic, Thai, …) need no look-up.
constexpr UChar32 first_emoji_presentation = 0x231a;

// Counts as Java's String.length() does: a code point beyond U+FFFF, four bytes in UTF-8, counts as two.
std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += static_cast<std::size_t>((byte & 0xc0) != 0x80) + static_cast<std::size_t>(byte >= 0xf0);
  }
  return units;
}

std::size_t codepoint_length(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t length_of(std::string_view text, TextCount count) {
  switch (count) {
    case TextCount::utf16:
      return utf16_length(text);
    case TextCount::codepoints:
      return codepoint_length(text);
    case TextCount::bytes:
      break;
  }
  return text.size();
}

/// Collects what is wrong with one field.
class FieldReport {
 public:
  FieldReport(std::string_view field, std::vector<Violation>& out) : field_(field), out_(out) {}

  void add(std::string message) { out_.push_back({std::string(field_), std::move(message)}); }

  void check_not_empty(std::string_view text) {
    if (text.empty()) add("is empty");
  }

  void check_length(std::string_view text, const FieldRule& rule) {
    const auto length = static_cast<std::int64_t>(length_of(text, rule.count));
    const std::string_view unit = rule.count == TextCount::bytes ? "bytes" : "characters";
    if (length < rule.min && !text.empty()) {
      add(fmt::format("is {} {} long, at least {} are needed", length, unit, rule.min));
    }
    if (length <= rule.max) return;
    const bool counts_pairs = rule.count == TextCount::utf16 &&
                              std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0xf0; });
    add(fmt::format("is {} {} long{}, at most {} are allowed", length, unit,
                    counts_pairs ? " (UTF-16 units, as the service counts)" : "", rule.max));
  }

  void check_not_dots(std::string_view text) {
    if (text == "." || text == "..") add(fmt::format("is \"{}\", which is not allowed (. or ..)", text));
  }

 private:
  std::string_view field_;
  std::vector<Violation>& out_;
};

/// The first offence of each kind in a text; 0, or nothing where U+0000 may be one, if there is none.
struct Offences {
  std::optional<UChar32> forbidden{};
  std::optional<UChar32> other{};  ///< none of those that alone may occur
  UChar32 space = 0;
  UChar32 emoji = 0;
  bool keycap = false;  ///< the emoji is a keycap sequence
};

bool is_keycap_base(UChar32 c) {
  return (c >= '0' && c <= '9') || c == '#' || c == '*';
}

/// Whether a text of a rule holds a character, given by its bytes.
bool holds(std::string_view characters, std::string_view character) {
  return characters.find(character) != std::string_view::npos;
}

Offences find_offences(std::string_view text, const FieldRule& rule) {
  Offences found;
  UChar32 previous = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto from = i;
    const auto c = next_code_point(text, i);
    const auto character = text.substr(from, i - from);
    if (!found.forbidden && holds(rule.forbid, character)) found.forbidden = c;
    if (!found.other && !rule.only.empty() && !holds(rule.only, character)) found.other = c;
    if (c > 0 && c < 0x80) {
      if (found.space == 0 && forbidden_space.find(static_cast<char>(c)) != std::string_view::npos) found.space = c;
    } else if (found.emoji == 0) {
      // Regional indicators and skin tones have the property Emoji_Presentation too.
      if (c == combining_keycap && is_keycap_base(previous)) {
        found.emoji = previous;
        found.keycap = true;
      } else if (c == emoji_variation_selector && u_hasBinaryProperty(previous, UCHAR_EMOJI) != 0) {
        found.emoji = previous;
      } else if (c >= first_emoji_presentation && u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION) != 0) {
        found.emoji = c;
      }
    }
    previous = c;
  }
  return found;
}

/// "< > |": the characters of a rule, for a message.
std::string listed_characters(std::string_view characters) {
  std::string out;
  for_each_character(characters, [&](std::int32_t c, std::string_view bytes) {
    if (!out.empty()) out += ' ';
    out += c > 0x20 && c < 0x7f ? std::string(bytes) : describe_character(c);
  });
  return out;
}

void check_characters(std::string_view text, const FieldRule& rule, FieldReport& report) {
  const auto found = find_offences(text, rule);
  if (found.forbidden) {
    report.add(fmt::format("contains {}, which is not allowed ({})", describe_character(*found.forbidden),
                           listed_characters(rule.forbid)));
  }
  if (found.other) {
    report.add(fmt::format("contains {}; only {} are allowed", describe_character(*found.other), rule.only));
  }
  if (found.space != 0 && rule.forbids_space) {
    report.add(fmt::format("contains {}, which is not allowed (\\n \\r \\b \\t)", describe_character(found.space)));
  }
  if (found.emoji != 0 && rule.forbids_emoji) {
    report.add(fmt::format("contains the emoji {}{}; emoji are not allowed", describe_character(found.emoji),
                           found.keycap ? " with U+20E3 (COMBINING ENCLOSING KEYCAP)"
                           : u_hasBinaryProperty(found.emoji, UCHAR_EMOJI_PRESENTATION)
                               ? ""
                               : " with U+FE0F (VARIATION SELECTOR-16)"));
  }
}

void check_header_value(std::string_view value, FieldReport& report) {
  report.check_not_empty(value);
  report.check_length(value, {.max = max_header_value});
  for (std::size_t i = 0; i < value.size();) {
    const auto c = next_code_point(value, i);
    if (c > 0x20 && c < 0x7f) continue;
    report.add(fmt::format("contains {}, which is not allowed (visible ASCII characters only)", describe_character(c)));
    return;
  }
}

std::string joined_texts(std::span<const std::string_view> texts) {
  std::string out;
  for (const auto text : texts) out += (out.empty() ? "" : ", ") + quote(text);
  return out;
}

/// "1 (image) and 2 (video)"
std::string listed_numbers(std::span<const NamedNumber> numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) out += i + 1 < numbers.size() ? ", " : " and ";
    out += fmt::format("{}", numbers[i].value);
    if (!numbers[i].meaning.empty()) out += fmt::format(" ({})", numbers[i].meaning);
  }
  return out;
}

/// "is \"..\", which is not allowed (. or ..)"
void check_not_excluded(std::string_view text, const FieldRule& rule, FieldReport& report) {
  if (std::ranges::find(rule.excluded, text) == rule.excluded.end()) return;
  std::string all;
  for (const auto excluded : rule.excluded) all += (all.empty() ? "" : " or ") + std::string(excluded);
  report.add(fmt::format("is {}, which is not allowed ({})", quote(text), all));
}

/// A value in the path as it is seen after gateways have decoded it once more than they should.
std::string decoded(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto code = value.substr(i, 3);
    unsigned byte = 0;
    const bool is_code = code.size() == 3 && code[0] == '%' &&
                         std::from_chars(code.data() + 1, code.data() + 3, byte, 16).ptr == code.data() + 3;
    out.push_back(is_code ? static_cast<char>(byte) : value[i]);
    if (is_code) i += 2;
  }
  return out;
}

/// Whether a value in the path would name another operation. Gateways differ in whether case matters.
bool is_taken(std::string_view text, const FieldRow& field) {
  return std::ranges::any_of(
      field.taken, [&](std::string_view segment) { return std::ranges::equal(segment, text, {}, lower, lower); });
}

/// Although a value is one segment and encoded, some gateways decode a slash before they choose a route: what they see
/// must not be another route either.
bool may_lead_elsewhere(std::string_view value, const FieldRow& field) {
  bool is_first = true;
  bool leads = false;
  for (auto rest = value; !leads; is_first = false) {
    const auto part = rest.substr(0, rest.find_first_of("/\\"));
    leads = part == "." || part == ".." || (is_first && (part.empty() || is_taken(part, field)));
    if (part.size() == rest.size()) break;
    rest.remove_prefix(part.size() + 1);
  }
  return leads;
}

void check_path_value(std::string_view value, const FieldRow& field, FieldReport& report) {
  report.check_not_dots(value);
  if (value.empty() || value == "." || value == "..") return;
  if (is_taken(value, field)) {
    report.add(fmt::format("is {}, which names another endpoint of the service in this place", quote(value)));
  } else if (may_lead_elsewhere(value, field) || may_lead_elsewhere(decoded(value), field)) {
    report.add(fmt::format("is {}, which some gateways take for another endpoint of the service", quote(value)));
  }
}

/// Every rule of a text, one after the other.
[[gnu::noinline]] void look_closer(const FieldRow& field, std::string_view text, FieldReport& report) {
  const FieldRule& rule = field.rule;
  const bool in_path = field.place == FieldPlace::path;
  if (field.place == FieldPlace::header) {
    check_header_value(text, report);
  } else if (rule.min > 0 || in_path) {
    report.check_not_empty(text);
  }
  if (in_path) check_path_value(text, field, report);
  check_not_excluded(text, rule, report);
  report.check_length(text, rule);
  check_characters(text, rule, report);
  if (!rule.texts.empty() && std::ranges::find(rule.texts, text) == rule.texts.end()) {
    report.add(fmt::format("is {}; allowed are {}", quote(text), joined_texts(rule.texts)));
  }
}

void check_text(const FieldRow& field, std::string_view text, FieldReport& report) {
  if (!field.has_plain_size(text) || !field.has_plain_bytes(text)) look_closer(field, text, report);
}

void check_items(const FieldRow& field, std::int64_t items, FieldReport& report) {
  if (items <= field.rule.max_items) return;
  report.add(fmt::format("has {} items, at most {} are allowed", items, field.rule.max_items));
}

void check_integer(const FieldRule& rule, std::int64_t number, FieldReport& report) {
  if (number < rule.min) report.add(fmt::format("is {}, at least {} is needed", number, rule.min));
  if (number > rule.max) report.add(fmt::format("is {}, at most {} is allowed", number, rule.max));
  if (rule.numbers.empty() || std::ranges::find(rule.numbers, number, &NamedNumber::value) != rule.numbers.end())
    return;
  report.add(fmt::format("is {}; allowed are {}", number, listed_numbers(rule.numbers)));
}

void check_value(const FieldRow& field, const Fields& fields, const FieldValue& value, FieldReport& report) {
  switch (field.type) {
    case FieldType::text:
      return check_text(field, value.text, report);
    case FieldType::integer:
      return check_integer(field.rule, value.integer, report);
    case FieldType::boolean:
      return;
    case FieldType::text_list:
      check_items(field, value.list_size, report);
      for (std::uint32_t i = 0; i < value.list_size; ++i) {
        check_text(field, fields.list_items[value.list_from + i], report);
      }
      return;
    case FieldType::object:
      return check_items(field, value.list_size, report);
  }
}

/// Checks that a field is equal to the one that its rule names.
void check_same(const Fields& fields, std::size_t index, FieldReport& report) {
  const auto& row = *fields.row;
  const auto other = std::ranges::find(row.fields, row.fields[index].rule.same_as, &FieldRow::name);
  if (other == row.fields.end()) return;
  const auto& value = fields.values[index];
  const auto& same = fields.values[static_cast<std::size_t>(other - row.fields.begin())];
  if (same.malformed) return;
  if (other->type == FieldType::integer) {
    // However they are written.
    if ((same.present || other->rule.default_value) &&
        value.integer == (same.present ? same.integer : *other->rule.default_value)) {
      return;
    }
  } else if (same.present && value.text == same.text) {
    return;
  }
  report.add(fmt::format("must be the same as {}", other->name));
}

}  // namespace

void check(const Fields& fields, std::vector<Violation>& out) {
  const auto& row = *fields.row;
  std::uint32_t present = 0;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const auto& field = row.fields[i];
    const auto& value = fields.values[i];
    if (value.present) present |= 1U << i;
    if (value.malformed || (!value.present && !field.required)) continue;
    FieldReport report(field.name, out);
    if (value.present) {
      check_value(field, fields, value, report);
      if (!field.rule.same_as.empty()) check_same(fields, i, report);
    } else {
      report.add("is missing");
    }
  }
  if (row.at_least_one_of != 0 && (present & row.at_least_one_of) == 0) {
    out.push_back({"", fmt::format("changes nothing; give at least one of {}",
                                   fmt::join(names_in(row, row.at_least_one_of), ", "))});
  }
  if (fields.user_id) check_user_id(*fields.user_id, out);
  if (fields.language) check_language(*fields.language, out);
}

void check_user_id(std::string_view value, std::vector<Violation>& out) {
  FieldReport report("user_id", out);
  check_header_value(value, report);
}

void check_language(std::string_view value, std::vector<Violation>& out) {
  FieldReport report("language", out);
  check_header_value(value, report);
}

}  // namespace koobatch::koodrive
