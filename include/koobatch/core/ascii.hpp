#pragma once

namespace koobatch {

/// Whether the character is a decimal digit, in every locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether the character is a letter of ASCII, in every locale.
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The small letter for a capital one of ASCII, any other character as it is, in every locale.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace koobatch
