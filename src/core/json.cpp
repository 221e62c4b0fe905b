#include "koobatch/core/json.hpp"

#include "koobatch/core/eight_bytes.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>

namespace koobatch {
namespace {

constexpr std::array<bool, 256> make_escaped() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = true;
  table['"'] = table['\\'] = true;
  return table;
}
constexpr auto escaped = make_escaped();

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      break;
    case '\\':
      out.append("\\\\");
      break;
    case '\b':
      out.append("\\b");
      break;
    case '\f':
      out.append("\\f");
      break;
    case '\n':
      out.append("\\n");
      break;
    case '\r':
      out.append("\\r");
      break;
    case '\t':
      out.append("\\t");
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

/// Marks, by its highest bit, each byte of a word that is a control character, a quote, a backslash or outside ASCII;
/// bytes of the word after such a one may be marked, too.
template <class Words>
constexpr Words special_bytes(Words word) {
  const auto zero_bytes = [](Words w) { return (w - every_byte(1)) & ~w; };
  return word | ((word - every_byte(' ')) & ~word) | zero_bytes(word ^ every_byte('"')) |
         zero_bytes(word ^ every_byte('\\'));
}

}  // namespace

bool is_plain_json(std::string_view text) {
  std::uint64_t special = 0;
  if (text.size() < eight) {
    std::uint64_t word = every_byte(' ');
    for (const char c : text) word = (word << 8U) | static_cast<unsigned char>(c);
    special = special_bytes(word);
  } else {
    special = find_bits(text, [](auto words) { return special_bytes(words); });
  }
  return (special & every_byte(0x80)) == 0;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  if (is_plain_json(text)) {
    out.append(text).push_back('"');
    return;
  }
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!escaped[static_cast<unsigned char>(text[i])]) continue;
    out.append(text, from, i - from);
    append_escape(out, text[i]);
    from = i + 1;
  }
  out.append(text, from);
  out.push_back('"');
}

JsonWriter& JsonWriter::add(std::string_view name, double value, int decimals) {
  if (!std::isfinite(value)) return raw(name, "null");
  fmt::format_to(std::back_inserter(key(name)), "{:.{}f}", value, decimals);
  return *this;
}

JsonWriter& JsonWriter::exact(std::string_view name, double value) {
  return raw(name, std::isfinite(value) ? fmt::format("{}", value) : "null");
}

}  // namespace koobatch
