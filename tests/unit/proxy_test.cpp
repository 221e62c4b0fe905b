#include "net/proxy.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using koobatch::http::parse_endpoint;
using koobatch::net::connect_request;
using koobatch::net::ProxyAnswer;
using State = ProxyAnswer::State;

namespace {

struct Read {
  State state = State::more;
  std::string refusal;
};

/// As the bytes come, `piece` at a time.
Read read(std::string_view bytes, std::size_t piece) {
  ProxyAnswer answer;
  State state = State::more;
  while (!bytes.empty() && state == State::more) {
    state = answer.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return {state, state == ProxyAnswer::State::refused ? answer.refusal() : std::string()};
}

std::string refusal(std::string_view bytes) {
  const auto result = read(bytes, bytes.size());
  BOOST_TEST(result.state == State::refused);
  return result.refusal;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxy)

BOOST_AUTO_TEST_CASE(the_request_names_the_target_with_its_port_and_nothing_else) {
  BOOST_TEST(connect_request(parse_endpoint("https://koo.example").value()) ==
             "CONNECT koo.example:443 HTTP/1.1\r\nHost: koo.example:443\r\n\r\n");
  BOOST_TEST(connect_request(parse_endpoint("http://[::1]:8080").value()) ==
             "CONNECT [::1]:8080 HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(any_2xx_opens_the_tunnel_however_it_arrives) {
  for (const char* answer : {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nVia: 1.1 x\r\n\r\n",
                             "HTTP/1.1 204\r\nContent-Length: 7\r\n\r\n"}) {
    for (std::size_t piece = 1; piece < 50; ++piece) BOOST_TEST(read(answer, piece).state == State::open, answer);
  }
}

BOOST_AUTO_TEST_CASE(every_part_of_a_head_is_not_yet_an_answer) {
  const std::string answer = "HTTP/1.1 200 OK\r\nVia: 1.1 x\r\n\r\n";
  for (std::size_t size = 1; size < answer.size(); ++size) {
    BOOST_TEST(read(answer.substr(0, size), size).state == State::more, size);
  }
}

BOOST_AUTO_TEST_CASE(any_other_status_is_a_refusal_in_the_proxys_words) {
  BOOST_TEST(refusal("HTTP/1.1 403 Forbidden\r\n\r\n") == "HTTP 403 Forbidden");
  BOOST_TEST(refusal("HTTP/1.1 502 \x1b[2J\xff\r\n\r\n") == "HTTP 502 ?[2J?");
  BOOST_TEST(refusal("HTTP/1.1 101 Switching\r\n\r\n") == "HTTP 101 Switching");
  BOOST_TEST(refusal("HTTP/1.1 500 " + std::string(10'000, 'x') + "\r\n\r\n").size() < 300U);
  BOOST_TEST(refusal("HTTP/1.1 407 No\r\n\r\n").find("password is not supported") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_http_is_a_refusal) {
  for (const char* answer : {"\r\n\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                             "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1\r\n\r\n", " HTTP/1.1 200 OK\r\n\r\n"}) {
    BOOST_TEST(refusal(answer) == "its answer is not HTTP/1.1", answer);
  }
}

BOOST_AUTO_TEST_CASE(bytes_after_the_head_are_not_accepted) {
  BOOST_TEST(refusal("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n").find("cannot have sent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_head_has_16_kib_at_most) {
  const std::string start = "HTTP/1.1 200 OK\r\nX: ";
  const std::string fits = start + std::string(16 * 1024 - start.size() - 4, 'x') + "\r\n\r\n";
  BOOST_TEST(read(fits, 1'000).state == State::open);
  BOOST_TEST(read(start + "x" + fits.substr(start.size()), 1'000).state == State::refused);
  BOOST_TEST(refusal(start + std::string(100'000, 'x')).find("more than 16 KiB") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
