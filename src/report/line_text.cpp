#include "report/line_text.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/core/utf8.hpp"

#include <simdjson.h>
#include <xxhash.h>

#include <array>
#include <cstring>

namespace koobatch::report {
namespace {

constexpr std::array<char, 512> make_hex_pairs() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[byte * 2] = digits[byte >> 4U];
    pairs[byte * 2 + 1] = digits[byte & 0xfU];
  }
  return pairs;
}
constexpr auto hex_pairs = make_hex_pairs();

/// `text` with every ill-formed sequence replaced by U+FFFD.
std::string repaired_utf8(std::string_view text) {
  std::string out;
  for_each_character(text, [&](UChar32 c, std::string_view bytes) { out.append(c < 0 ? "\xef\xbf\xbd" : bytes); });
  return out;
}

}  // namespace

void write_hex64(std::uint64_t value, char* out) {
  for (std::size_t i = 0; i < 8; ++i) {
    std::memcpy(out + i * 2, hex_pairs.data() + ((value >> (56U - i * 8U)) & 0xffU) * 2, 2);
  }
}

void append_hash(std::string& out, std::uint64_t value) {
  char text[sum_digits];
  write_hex64(value, text);
  out.push_back('"');
  out.append(text, sizeof text);
  out.push_back('"');
}

void append_text(std::string& out, std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) {
    append_json_string(out, text);
  } else {
    append_json_string(out, repaired_utf8(text));
  }
}

void append_timestamp_member(std::string& out, WallTime t) {
  out.push_back('"');
  append_timestamp(out, t);
  out.push_back('"');
}

void append_sum(std::string& out, std::size_t start) {
  char digits[sum_digits];
  write_hex64(XXH3_64bits(out.data() + start, out.size() - start), digits);
  out.append(sum_label);
  out.append(digits, sizeof digits);
  out.append("\"}\n", 3);
}

}  // namespace koobatch::report
