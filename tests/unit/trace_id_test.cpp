#include "koobatch/core/trace_id.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using koobatch::parse_trace_id;
using koobatch::trace_id_length;
using koobatch::TraceId;

BOOST_AUTO_TEST_SUITE(trace_id)

BOOST_AUTO_TEST_CASE(is_58_characters_of_zeros_and_ones) {
  const std::string text = to_string(TraceId{0x3ffff, 0xffffffff, 255});
  BOOST_TEST(text == std::string(58, '1'));
  BOOST_TEST(to_string(TraceId{}) == std::string(58, '0'));
}

BOOST_AUTO_TEST_CASE(holds_prefix_line_and_attempt_from_left_to_right_highest_bit_first) {
  const std::string prefix = "000000000000000101";
  const std::string line = "00000000000000000000000000010001";
  const std::string attempt = "00000011";
  BOOST_TEST(to_string(TraceId{5, 17, 3}) == prefix + line + attempt);
}

BOOST_AUTO_TEST_CASE(is_decoded_to_the_parts_it_was_made_of) {
  for (const TraceId id : {TraceId{0, 1, 1}, TraceId{0x3ffff, 0, 200}, TraceId{0x2a5a5, 0xdeadbeef, 255},
                           TraceId{1, 0x80000000, 0}, TraceId{0x20000, 1, 128}}) {
    const auto decoded = parse_trace_id(to_string(id));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((*decoded == id));
  }
}

BOOST_AUTO_TEST_CASE(writes_its_58_characters_and_nothing_beyond) {
  std::string buffer(trace_id_length + 2, '#');
  write_trace_id(TraceId{7, 7, 7}, buffer.data() + 1);
  BOOST_TEST(buffer.front() == '#');
  BOOST_TEST(buffer.back() == '#');
  BOOST_TEST(std::count(buffer.begin(), buffer.end(), '#') == 2);
}

BOOST_AUTO_TEST_CASE(anything_else_is_not_a_trace_id) {
  BOOST_TEST(!parse_trace_id("").has_value());
  BOOST_TEST(!parse_trace_id(std::string(57, '0')).has_value());
  BOOST_TEST(!parse_trace_id(std::string(59, '0')).has_value());
  BOOST_TEST(!parse_trace_id(std::string(57, '0') + "2").has_value());
  BOOST_TEST(!parse_trace_id(" " + std::string(57, '1')).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
