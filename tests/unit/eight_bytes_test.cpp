#include "koobatch/core/eight_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

namespace {

bool all_digits(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool all_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(eight_bytes)

BOOST_AUTO_TEST_CASE(every_byte_is_seen_at_every_place_whatever_is_beside_it) {
  for (const char beside : {'0', '9', ' ', '~', '/', ':', '\x7f', '\xff', '\0'}) {
    for (std::size_t size = 0; size <= 33; ++size) {
      for (std::size_t at = 0; at < std::max<std::size_t>(size, 1); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
          std::string text(size, beside);
          if (size != 0) text[at] = static_cast<char>(byte);
          if (koobatch::is_digits(text) != all_digits(text)) BOOST_ERROR("digits: byte " << byte << " at " << at);
          if (koobatch::is_printable(text) != all_printable(text)) BOOST_ERROR("printable: " << byte << " at " << at);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
