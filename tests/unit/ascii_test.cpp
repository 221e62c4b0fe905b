#include "koobatch/core/ascii.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

BOOST_AUTO_TEST_SUITE(ascii)

BOOST_AUTO_TEST_CASE(each_byte_is_a_digit_a_letter_or_neither) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    BOOST_TEST(koobatch::is_digit(c) == (digits.find(c) != std::string_view::npos), byte);
    BOOST_TEST(koobatch::is_letter(c) == (letters.find(c) != std::string_view::npos), byte);
  }
}

BOOST_AUTO_TEST_SUITE_END()
