#include "koobatch/koodrive/rules.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>

// The rules are those of the service's pages "Renaming a Shared Folder" and "Updating an Album". Texts are valid UTF-8:
// the readers ensure that.

namespace koobatch::koodrive {
namespace {

constexpr std::string_view forbidden_signs = "<>|:*?\"/";
constexpr std::string_view forbidden_space = "\n\r\b\t";
constexpr std::size_t max_shared_folder_name = 31;  // "less than 32"
constexpr std::size_t max_album_name = 20;
constexpr std::size_t max_scope_dirs = 30;
constexpr std::size_t max_header_value = 128;

constexpr UChar32 emoji_variation_selector = 0xfe0f;
constexpr UChar32 combining_keycap = 0x20e3;
// The first code point with Emoji_Presentation. Those below (Latin to Arabic, Thai, …) need no look-up.
constexpr UChar32 first_emoji_presentation = 0x231a;

// Bytes that are allowed anywhere in a shared folder's name and need no closer look.
constexpr auto plain_in_folder_name = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0; c < 0x80; ++c) {
    const auto sign = static_cast<char>(c);
    plain[c] =
        forbidden_signs.find(sign) == std::string_view::npos && forbidden_space.find(sign) == std::string_view::npos;
  }
  return plain;
}();

bool is_plain(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return plain_in_folder_name[static_cast<unsigned char>(c)]; });
}

// Counts as Java's String.length() does: a code point beyond U+FFFF, four bytes in UTF-8, counts as two.
std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += static_cast<std::size_t>((byte & 0xc0) != 0x80) + static_cast<std::size_t>(byte >= 0xf0);
  }
  return units;
}

/// Collects what is wrong with one field.
class FieldReport {
 public:
  FieldReport(std::string_view field, std::vector<Violation>& out) : field_(field), out_(out) {}

  void add(std::string message) { out_.push_back({std::string(field_), std::move(message)}); }

  void check_not_empty(std::string_view text) {
    if (text.empty()) add("is empty");
  }

  void check_length(std::string_view text, std::size_t limit) {
    // No text has more UTF-16 units than bytes.
    if (text.size() <= limit) return;
    const auto length = utf16_length(text);
    if (length <= limit) return;
    const bool counts_pairs = std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0xf0; });
    add(fmt::format("is {} characters long{}, at most {} are allowed", length,
                    counts_pairs ? " (UTF-16 units, as the service counts)" : "", limit));
  }

  void check_not_dots(std::string_view text) {
    if (text == "." || text == "..") add(fmt::format("is \"{}\", which is not allowed (. or ..)", text));
  }

 private:
  std::string_view field_;
  std::vector<Violation>& out_;
};

/// The first offence of each kind in a shared folder's name; 0 if there is none.
struct NameOffences {
  UChar32 sign = 0;
  UChar32 space = 0;
  UChar32 emoji = 0;
  bool keycap = false;  ///< the emoji is a keycap sequence
};

bool is_keycap_base(UChar32 c) {
  return (c >= '0' && c <= '9') || c == '#' || c == '*';
}

NameOffences find_offences(std::string_view name) {
  NameOffences found;
  UChar32 previous = 0;
  for (std::size_t i = 0; i < name.size();) {
    const auto c = next_code_point(name, i);
    if (c > 0 && c < 0x80) {
      const auto sign = static_cast<char>(c);
      if (found.sign == 0 && forbidden_signs.find(sign) != std::string_view::npos) found.sign = c;
      if (found.space == 0 && forbidden_space.find(sign) != std::string_view::npos) found.space = c;
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

void check_shared_folder_name(std::string_view name, FieldReport& report) {
  report.check_not_empty(name);
  report.check_not_dots(name);
  report.check_length(name, max_shared_folder_name);
  if (is_plain(name)) return;
  const auto found = find_offences(name);
  if (found.sign != 0) {
    report.add(fmt::format("contains {}, which is not allowed (< > | : * ? \" /)", describe_character(found.sign)));
  }
  if (found.space != 0) {
    report.add(fmt::format("contains {}, which is not allowed (\\n \\r \\b \\t)", describe_character(found.space)));
  }
  if (found.emoji != 0) {
    report.add(fmt::format("contains the emoji {}{}, emoji are not allowed", describe_character(found.emoji),
                           found.keycap ? " with U+20E3 (COMBINING ENCLOSING KEYCAP)"
                           : u_hasBinaryProperty(found.emoji, UCHAR_EMOJI_PRESENTATION)
                               ? ""
                               : " with U+FE0F (VARIATION SELECTOR-16)"));
  }
}

void check_header_value(std::string_view value, FieldReport& report) {
  report.check_not_empty(value);
  report.check_length(value, max_header_value);
  for (std::size_t i = 0; i < value.size();) {
    const auto c = next_code_point(value, i);
    if (c > 0x20 && c < 0x7f) continue;
    report.add(fmt::format("contains {}, which is not allowed (visible ASCII characters only)", describe_character(c)));
    return;
  }
}

/// A quick test that nearly every name passes. That one fails it proves nothing.
bool obviously_keeps(FieldRule rule, std::string_view text) {
  // No text has more UTF-16 units than bytes.
  if (rule == FieldRule::album_name) return !text.empty() && text.size() <= max_album_name;
  return rule == FieldRule::shared_folder_name && !text.empty() && text.size() <= max_shared_folder_name &&
         text.front() != '.' && is_plain(text);
}

void check_value(const FieldRow& field, const FieldValue& value, FieldReport& report) {
  switch (field.rule) {
    case FieldRule::none:
    case FieldRule::optional_id:
      return;
    case FieldRule::not_empty:
      report.check_not_empty(value.text);
      return;
    case FieldRule::path_segment:
      report.check_not_empty(value.text);
      report.check_not_dots(value.text);
      return;
    case FieldRule::shared_folder_name:
      check_shared_folder_name(value.text, report);
      return;
    case FieldRule::album_name:
      report.check_not_empty(value.text);
      report.check_length(value.text, max_album_name);
      return;
    case FieldRule::scope_dir_list:
      if (value.list_size > max_scope_dirs) {
        report.add(fmt::format("has {} items, at most {} are allowed", value.list_size, max_scope_dirs));
      }
      return;
    case FieldRule::scope_kind:
      if (value.integer != 1 && value.integer != 2) {
        report.add(fmt::format("is {}, allowed are 1 (image) and 2 (video)", value.integer));
      }
      return;
  }
}

std::string optional_names(const OperationRow& row) {
  std::string names;
  for (const auto& field : row.fields) {
    if (field.required) continue;
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

}  // namespace

void check(const Fields& fields, std::vector<Violation>& out) {
  const auto& row = *fields.row;
  bool has_optional = false;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const auto& field = row.fields[i];
    const auto& value = fields.values[i];
    has_optional = has_optional || (value.present && !field.required);
    if (value.malformed || (!value.present && !field.required)) continue;
    FieldReport report(field.name, out);
    if (value.present) {
      check_value(field, value, report);
    } else {
      report.add("is missing");
    }
  }
  if (row.needs_optional && !has_optional) {
    out.push_back({"", fmt::format("changes nothing, give at least one of {}", optional_names(row))});
  }
  if (fields.user_id) check_user_id(*fields.user_id, out);
  if (fields.language) check_language(*fields.language, out);
}

bool keeps_rule(const FieldRow& field, const FieldValue& value) {
  if (obviously_keeps(field.rule, value.text)) return true;
  std::vector<Violation> found;
  FieldReport report(field.name, found);
  check_value(field, value, report);
  return found.empty();
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
