#include "job/encoding_guess.hpp"

#include "koobatch/core/utf8.hpp"
#include "koobatch/job/encoding.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace koobatch::job {
namespace {

constexpr std::size_t chunk = std::size_t{128} << 10;
/// How much of what is not UTF-8 is examined.
constexpr std::size_t enough = std::size_t{256} << 10;
constexpr std::size_t sample_size = 48;

unsigned char byte_of(char c) {
  return static_cast<unsigned char>(c);
}
bool is_high(char c) {
  return byte_of(c) >= 0x80;
}
bool is_between(char c, unsigned char first, unsigned char last) {
  return byte_of(c) >= first && byte_of(c) <= last;
}

/// Whether a byte begins one of GB18030's characters of four bytes: byte, digit, byte, digit.
bool makes_four_bytes(std::string_view rest) {
  constexpr unsigned char zero = '0', nine = '9';
  return rest.size() >= 3 && is_between(rest[0], zero, nine) && is_high(rest[1]) && is_between(rest[2], zero, nine);
}

/// Statistics about the bytes over 127 of a text. A run consists of adjacent ones.
struct Runs {
  std::size_t number = 0;
  std::size_t bytes = 0;
  std::size_t common_hanzi = 0;  ///< pairs that are one of the 3,755 most common characters of Chinese, or punctuation
  std::size_t four_bytes = 0;    ///< beginnings of GB18030's characters of so many
  std::size_t letters = 0;       ///< bytes that are a letter of windows-1251
  std::size_t utf8 = 0;          ///< characters of UTF-8
  std::size_t broken = 0;        ///< bytes that are none

  void add(std::string_view run) {
    ++number;
    bytes += run.size();
    letters += static_cast<std::size_t>(std::ranges::count_if(run, [](char c) { return is_between(c, 0xc0, 0xff); }));
    for (std::size_t i = 0; i + 1 < run.size(); i += 2) {
      const bool is_common = is_between(run[i], 0xb0, 0xd7) || is_between(run[i], 0xa1, 0xa3);
      if (is_common && is_between(run[i + 1], 0xa1, 0xfe)) ++common_hanzi;
    }
    for_each_character(run, [this](std::int32_t c, std::string_view) { ++(c < 0 ? broken : utf8); });
  }

  std::string_view guess() const {
    if ((common_hanzi + four_bytes) * 4 > bytes) return "GB18030";
    // Words of only Cyrillic letters, where other languages have single letters with accents.
    if (bytes > 3 * number && letters * 10 > bytes * 9) return "windows-1251";
    return "windows-1252";
  }
};

Runs count_runs(std::string_view text) {
  Runs runs;
  for (auto from = std::ranges::find_if(text, is_high); from != text.end();) {
    const auto to = std::find_if_not(from, text.end(), is_high);
    runs.add({from, to});
    if (makes_four_bytes({to, text.end()})) ++runs.four_bytes;
    from = std::find_if(to, text.end(), is_high);
  }
  return runs;
}

/// The position where a text stops being UTF-8; its size if it is UTF-8.
std::size_t find_broken(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto from = i;
    if (next_code_point(text, i) < 0) return from;
  }
  return text.size();
}

/// The text around a byte, within its cell or string.
std::string_view around(std::string_view text, std::size_t at) {
  constexpr std::string_view ends = "\r\n\t,;|\"";
  const auto before = text.find_last_of(ends, at);
  const auto from = std::max(before == std::string_view::npos ? 0 : before + 1, at - std::min(at, sample_size / 2));
  const auto to = std::min({text.find_first_of(ends, at), text.size(), from + sample_size});
  return text.substr(from, to - from);
}

EncodingGuess describe(std::string_view text, std::uint64_t lines_before) {
  const auto at = find_broken(text);
  EncodingGuess guess;
  guess.encoding = count_runs(text).guess();
  guess.line = lines_before + static_cast<std::uint64_t>(std::ranges::count(text.substr(0, at), '\n')) + 1;
  guess.sample = decoded(around(text, at), guess.encoding);
  return guess;
}

}  // namespace

Result<std::optional<EncodingGuess>> guess_encoding(ByteSource& source) {
  std::string text;
  std::uint64_t lines = 0;
  for (bool found = false;;) {
    const auto kept = text.size();
    text.resize(kept + chunk);
    const auto got = source.read(text.data() + kept, chunk);
    if (!got) return got.error();
    text.resize(kept + *got);
    const bool at_end = *got == 0;
    if (!found) found = !simdjson::validate_utf8(text);
    if (at_end) break;
    if (text.size() > enough) {
      // The last character may be cut in two.
      while (!text.empty() && is_high(text.back())) text.pop_back();
      break;
    }
    if (found) continue;
    lines += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    text.clear();
  }
  if (simdjson::validate_utf8(text)) return std::nullopt;
  const auto runs = count_runs(text);
  if (runs.utf8 * 2 > runs.broken) return std::nullopt;
  return describe(text, lines);
}

}  // namespace koobatch::job
