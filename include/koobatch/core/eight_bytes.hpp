#pragma once
#include "koobatch/core/ascii.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// Examines eight bytes of a text at once, where nearly every text is examined and nearly always nothing is found.

namespace koobatch {

constexpr std::size_t eight = sizeof(std::uint64_t);

constexpr std::uint64_t every_byte(std::uint64_t byte) {
  return byte * 0x0101010101010101U;
}

/// Sixteen bytes, for the same arithmetic as a std::uint64_t on each half.
using TwoWords = std::uint64_t __attribute__((vector_size(2 * eight)));

/// The union of the bits that `odd_bits` finds in each eight bytes of the text; for long texts it is given TwoWords.
/// Some bytes may be examined twice. Precondition: the text has at least eight bytes.
template <class OddBits>
std::uint64_t find_bits(std::string_view text, OddBits odd_bits) {
  assert(text.size() >= eight);
  const auto load = [&]<class Words>(std::size_t from, Words words) {
    std::memcpy(&words, text.data() + from, sizeof(words));
    return words;
  };
  if (text.size() < sizeof(TwoWords)) {
    return odd_bits(load(0, std::uint64_t{})) | odd_bits(load(text.size() - eight, std::uint64_t{}));
  }
  TwoWords odd = odd_bits(load(text.size() - sizeof(TwoWords), TwoWords{}));
  for (std::size_t i = 0; i + sizeof(TwoWords) < text.size(); i += sizeof(TwoWords)) {
    odd |= odd_bits(load(i, TwoWords{}));
  }
  return odd[0] | odd[1];
}

/// Whether the text consists of digits, and is not empty.
inline bool is_digits(std::string_view text) {
  if (text.size() < eight) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
  }
  // A byte from '0' to '9' has the upper half 3, and still has it with 6 added.
  return find_bits(text, [](auto word) {
           return ((word & (word + every_byte(6))) & every_byte(0xf0)) ^ every_byte(0x30);
         }) == 0;
}

/// Whether the text is ASCII without control characters.
inline bool is_printable(std::string_view text) {
  if (text.size() < eight) return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; });
  // The highest bit is set outside ASCII; by adding one, of DEL; by subtracting a blank, of what is below it.
  const auto odd =
      find_bits(text, [](auto word) { return word | (word + every_byte(1)) | ((word - every_byte(' ')) & ~word); });
  return (odd & every_byte(0x80)) == 0;
}

}  // namespace koobatch
