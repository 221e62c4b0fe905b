#include "koobatch/koodrive/canonical_request.hpp"

#include "koobatch/core/trimmed.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace koobatch::koodrive {
namespace {

constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// The bytes that are not percent-encoded.
using ByteSet = std::array<bool, 256>;

constexpr ByteSet set_of(std::string_view characters) {
  ByteSet set{};
  for (const char c : characters) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr ByteSet plain = set_of(unreserved);
constexpr ByteSet plain_in_path = [] {
  ByteSet set = plain;
  set['/'] = true;
  return set;
}();

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

/// The byte that "%XX" at the beginning of `text` stands for; nothing if there is none.
std::optional<unsigned char> encoded_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const auto high = hex_value(text[1]);
  const auto low = hex_value(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<unsigned char>(*high << 4U | *low);
}

void append_encoded_byte(unsigned char byte, std::string& out) {
  constexpr char digits[] = "0123456789ABCDEF";
  const char text[] = {'%', digits[byte >> 4U], digits[byte & 15U]};
  out.append(text, sizeof text);
}

/// Appends `text` percent-encoded once, whether or not it is encoded already. Bytes of `as_they_are` are kept, but an
/// encoded byte that is not unreserved is not decoded into one: "%2F" does not end a segment.
void append_encoded_once(std::string_view text, const ByteSet& as_they_are, std::string& out) {
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, [&](char c) { return as_they_are[static_cast<unsigned char>(c)]; });
    const auto run = static_cast<std::size_t>(end - text.begin());
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) return;
    const auto encoded = encoded_byte(text);
    const auto byte = encoded.value_or(static_cast<unsigned char>(text.front()));
    if (encoded && plain[byte]) {
      out.push_back(static_cast<char>(byte));
    } else {
      append_encoded_byte(byte, out);
    }
    text.remove_prefix(encoded ? 3 : 1);
  }
}

std::string encoded_once(std::string_view text) {
  std::string out;
  append_encoded_once(text, plain, out);
  return out;
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(":").append(trimmed(value)).append("\n");
}

}  // namespace

void append_canonical_uri(std::string_view path, std::string& out) {
  append_encoded_once(path, plain_in_path, out);
  if (!path.ends_with('/')) out.push_back('/');
}

void append_canonical_query(std::string_view query, std::string& out) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const auto name = pair.substr(0, pair.find('='));
    const auto value = pair.substr(std::min(name.size() + 1, pair.size()));
    pairs.emplace_back(encoded_once(name), encoded_once(value));
  }
  std::ranges::sort(pairs);
  bool first = true;
  for (const auto& [name, value] : pairs) {
    if (!std::exchange(first, false)) out.push_back('&');
    out.append(name).append("=").append(value);
  }
}

void append_canonical_head(const SignedParts& parts, std::string& out) {
  out.append(parts.method).append("\n");
  append_canonical_uri(parts.path, out);
  out.append("\n");
  append_canonical_query(parts.query, out);
  out.append("\n");
  append_header("host", parts.host, out);
  append_header("x-date", parts.x_date, out);
  append_header("x-user-id", parts.user_id, out);
  // The list of headers ends with an empty line.
  out.append("\n").append(signed_headers).append("\n");
}

}  // namespace koobatch::koodrive
