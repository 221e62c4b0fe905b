#include "koobatch/control/protocol.hpp"
#include "koobatch/core/units.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace koobatch;
using namespace koobatch::control;

namespace {

std::string without_newline(std::string line) {
  BOOST_TEST_REQUIRE(line.ends_with('\n'));
  line.pop_back();
  return line;
}

Request asking(std::optional<double> rate, std::optional<bool> pause) {
  Request request;
  request.rate = rate;
  request.pause = pause;
  return request;
}

void check_read_back(const Request& request) {
  const auto read = parse_request(without_newline(to_line(request)));
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST((read->rate == request.rate));
  BOOST_TEST((read->pause == request.pause));
}

void check_refused(std::string_view line) {
  BOOST_TEST(!parse_request(line).has_value(), line);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(control_protocol)

BOOST_AUTO_TEST_CASE(requests_are_one_line_and_read_back_the_same) {
  BOOST_TEST(to_line(Request{}) == "{\"do\":\"status\"}\n");
  BOOST_TEST(to_line(asking(200, true)) == "{\"do\":\"set\",\"rate\":200,\"pause\":true}\n");
  check_read_back({});
  check_read_back(asking(0, {}));
  check_read_back(asking(1.0 / 3, {}));
  check_read_back(asking(lowest_rate, {}));
  check_read_back(asking(highest_rate, {}));
  check_read_back(asking({}, true));
  check_read_back(asking(5, false));
}

BOOST_AUTO_TEST_CASE(what_is_not_wholly_understood_is_refused) {
  for (const auto* line :
       {"", "null", "[]", "{}", "{\"do\":\"status\"", "{\"do\":\"status\"}{}", "{\"do\":\"stop\"}", "{\"do\":1}",
        "{\"do\":\"set\"}", "{\"do\":\"status\",\"rate\":1}", "{\"rate\":1}", "{\"do\":\"set\",\"rate\":\"1/s\"}",
        "{\"do\":\"set\",\"rate\":-1}", "{\"do\":\"set\",\"rate\":1e10}", "{\"do\":\"set\",\"rate\":1,\"rate\":2}",
        "{\"do\":\"set\",\"pause\":1}", "{\"do\":\"set\",\"pause\":true,\"pause\":true}",
        "{\"do\":\"set\",\"pause\":true,\"until\":\"noon\"}", "{\"do\":\"status\",\"do\":\"status\"}"}) {
    check_refused(line);
  }
  check_refused("{\"do\":\"set\",\"rate\":1e-300}");
  check_refused(std::string(longest_request, '['));
  check_refused(std::string_view("\0\xff\x1b", 3));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_refused_in_peace) {
  std::mt19937 random(7);
  for (int i = 0; i < 10'000; ++i) {
    std::string line(random() % 200, ' ');
    for (char& c : line) c = static_cast<char>(random());
    check_refused(line);
    BOOST_TEST(!parse_reply(line).has_value());
  }
}

BOOST_AUTO_TEST_CASE(replies_are_one_line_and_read_back_the_same) {
  const auto line = to_line(Result<Reply>(Reply{"a \"b\"\nc", R"({"schema":1,"x":[1,2.5]})"}));
  BOOST_TEST(line == "{\"ok\":true,\"text\":\"a \\\"b\\\"\\nc\",\"status\":{\"schema\":1,\"x\":[1,2.5]}}\n");
  const auto read = parse_reply(without_newline(line));
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->text == "a \"b\"\nc");
  BOOST_TEST(read->status == R"({"schema":1,"x":[1,2.5]})");
}

BOOST_AUTO_TEST_CASE(a_refusal_reads_back_as_the_error_it_was) {
  const auto read = parse_reply(without_newline(to_line(Result<Reply>(usage_error("no \x1b such thing")))));
  BOOST_TEST(!read.has_value());
  BOOST_TEST(read.error().message == "no \\u{1b} such thing");
}

BOOST_AUTO_TEST_CASE(a_reply_without_its_members_is_none) {
  for (const auto* line : {"{}", "{\"ok\":true}", "{\"ok\":true,\"text\":\"\"}", "{\"ok\":false}",
                           "{\"ok\":true,\"text\":\"\",\"status\":1}", "{\"ok\":\"yes\"}"}) {
    BOOST_TEST(!parse_reply(line).has_value(), line);
  }
}

BOOST_AUTO_TEST_SUITE_END()
