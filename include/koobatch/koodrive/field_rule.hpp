#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace koobatch::koodrive {

/// What a text, or each item of a list, is to people.
enum class FieldKind : std::uint8_t {
  value,       ///< neither of the following
  identifier,  ///< of a resource: programs write it as a number, spreadsheets shorten it
  name,        ///< what people call something
};

/// The unit in which the length of a text is counted.
enum class TextCount : std::uint8_t {
  utf16,       ///< as Java's String.length() counts
  codepoints,  ///< Unicode code points
  bytes,       ///< of UTF-8
};

/// A number that a field may have, and its meaning; an empty one: only the number is known.
struct NamedNumber {
  std::int64_t value;
  std::string_view meaning{};
};

/// The documented rules of a field's value, beyond its type. Rules for texts apply to each item of a list. Views: they
/// point into constants, or into the texts that a catalogue owns.
struct FieldRule {
  static constexpr std::int64_t no_min = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t no_max = std::numeric_limits<std::int64_t>::max();

  FieldKind kind = FieldKind::value;
  TextCount count = TextCount::utf16;
  bool forbids_space = false;                    ///< line feed, carriage return, backspace and tab
  bool forbids_emoji = false;                    ///< what Unicode shows as an emoji
  std::int64_t min = no_min;                     ///< of an integer, or of the length of a text
  std::int64_t max = no_max;                     ///< likewise
  std::int64_t max_items = no_max;               ///< of a list, or of an object's members
  std::string_view forbid{};                     ///< the characters that must not occur
  std::string_view only{};                       ///< the characters that alone may occur; empty: any
  std::span<const std::string_view> excluded{};  ///< the texts that are not allowed
  std::span<const std::string_view> texts{};     ///< the texts that alone are allowed; empty: any
  std::span<const NamedNumber> numbers{};        ///< the integers that alone are allowed; empty: any
  std::string_view same_as{};                    ///< the field of this operation that must be equal; empty: none
  std::optional<std::int64_t> default_value{};   ///< sent where a record has none; only for integers
};

/// Whether a value, or each item of a list, is an identifier.
constexpr bool is_identifier(const FieldRule& rule) {
  return rule.kind == FieldKind::identifier;
}
/// Whether a value is what people call something.
constexpr bool is_name(const FieldRule& rule) {
  return rule.kind == FieldKind::name;
}

}  // namespace koobatch::koodrive
