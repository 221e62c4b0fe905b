#include "koobatch/core/json.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

using koobatch::append_json_string;
using koobatch::JsonWriter;

namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(plain_text_is_only_quoted) {
  BOOST_TEST(as_json("") == "\"\"");
  BOOST_TEST(as_json("newName123456") == "\"newName123456\"");
  BOOST_TEST(as_json("a/b 中文 \xf0\x9f\x98\x80 \x7f") == "\"a/b 中文 \xf0\x9f\x98\x80 \x7f\"");
}

BOOST_AUTO_TEST_CASE(what_rfc_8259_asks_for_is_escaped_in_its_shortest_form) {
  BOOST_TEST(as_json("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
  BOOST_TEST(as_json(std::string_view("a\0b\x1f", 4)) == R"("a\u0000b\u001f")");
}

BOOST_AUTO_TEST_CASE(every_character_comes_back_from_a_parser) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all.push_back(static_cast<char>(c));
  all += "é中\xf0\x9f\x98\x80";
  simdjson::dom::parser parser;
  const std::string_view back = parser.parse(as_json(all)).get_string().value();
  BOOST_TEST((back == all));
}

BOOST_AUTO_TEST_CASE(an_object_is_compact_and_keeps_the_order_of_its_members) {
  std::string out = ">";
  JsonWriter object(out);
  object.add("type", "run").add("schema", 1).add("ok", true).add("no", false).raw("nested", "{\"a\":[]}");
  object.key("list") += "[1,2]";
  object.add("text", std::string("a\"b")).end();
  BOOST_TEST(out == R"(>{"type":"run","schema":1,"ok":true,"no":false,"nested":{"a":[]},"list":[1,2],"text":"a\"b"})");
}

BOOST_AUTO_TEST_CASE(an_empty_object_is_one_too) {
  std::string out;
  JsonWriter(out).end();
  BOOST_TEST(out == "{}");
}

BOOST_AUTO_TEST_CASE(integers_keep_their_full_range) {
  std::string out;
  JsonWriter(out)
      .add("min", std::numeric_limits<std::int64_t>::min())
      .add("max", std::numeric_limits<std::uint64_t>::max())
      .add("byte", std::uint8_t{200})
      .end();
  BOOST_TEST(out == R"({"min":-9223372036854775808,"max":18446744073709551615,"byte":200})");
}

BOOST_AUTO_TEST_CASE(a_fraction_has_a_fixed_number_of_decimals) {
  std::string out;
  JsonWriter(out).add("latency_ms", 3.2141).add("whole", 2.0).add("rate", 0.125, 1).end();
  BOOST_TEST(out == R"({"latency_ms":3.214,"whole":2.000,"rate":0.1})");
}

BOOST_AUTO_TEST_CASE(an_exact_number_reads_back_as_the_same_one) {
  std::string out;
  JsonWriter(out).exact("rate", 1.0 / 3600).exact("whole", 500).exact("nan", std::nan("")).end();
  BOOST_TEST(out == R"({"rate":0.0002777777777777778,"whole":500,"nan":null})");
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_a_number_is_null_so_that_the_line_stays_json) {
  std::string out;
  JsonWriter(out).add("nan", std::nan("")).add("inf", std::numeric_limits<double>::infinity()).end();
  BOOST_TEST(out == R"({"nan":null,"inf":null})");
}

BOOST_AUTO_TEST_SUITE_END()
