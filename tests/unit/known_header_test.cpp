#include "koobatch/http/known_header.hpp"

#include "koobatch/http/response_reader.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using koobatch::http::Answer;
using koobatch::http::KnownHeader;
using koobatch::http::ResponseReader;
using State = ResponseReader::State;

namespace {

const std::string body = R"({"code":0,"msg":"success"})";

std::string answer_with(const std::string& fields, const std::string& bytes = body) {
  return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", fields, bytes.size(), bytes);
}

const std::string usual = answer_with(
    "Date: Sat, 21 Nov 2026 17:00:30 GMT\r\nContent-Type: application/json\r\nX-Request-Id: 5f0c9a\r\n"
    "X-RateLimit-Remaining: 17\r\n");

/// What a reader makes of an answer, in words, so that two can be compared and shown.
std::string read(ResponseReader& reader, const std::string& bytes) {
  Answer answer;
  reader.start(answer);
  std::size_t consumed = 0;
  State state = reader.feed(bytes, consumed);
  if (state == State::more) state = reader.end();
  if (state != State::done) return fmt::format("failed: {}", reader.error().message());
  return fmt::format("{} '{}' date '{}' type '{}' encoding '{}' retry '{}' location '{}' limits '{}', {} bytes, {}",
                     answer.http, answer.body, answer.date, answer.content_type, answer.content_encoding,
                     answer.retry_after, answer.location, answer.rate_limits, consumed,
                     reader.keep_alive() ? "kept" : "closed");
}

std::string read_anew(const std::string& bytes) {
  ResponseReader reader;
  return read(reader, bytes);
}

std::string read_after(const std::string& known, const std::string& bytes) {
  ResponseReader reader;
  read(reader, known);
  return read(reader, bytes);
}

/// The size that a header learned from `known` finds `bytes` to have; 0 if it does not recognise them.
std::size_t size_after(const std::string& known, const std::string& bytes) {
  Answer answer;
  ResponseReader reader;
  reader.start(answer);
  std::size_t consumed = 0;
  BOOST_REQUIRE(reader.feed(known, consumed) == State::done);
  KnownHeader header;
  header.learn(known.substr(0, known.find("\r\n\r\n") + 4), answer);
  answer.clear();
  return header.read(bytes, answer);
}

bool recognised(const std::string& known, const std::string& bytes) {
  return size_after(known, bytes) != 0;
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  return text.replace(text.find(part), part.size(), by);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(known_header)

BOOST_AUTO_TEST_CASE(an_answer_like_the_last_is_recognised_with_another_date_body_and_meaningless_fields) {
  BOOST_TEST(size_after(usual, usual) == usual.size());
  BOOST_TEST(recognised(usual, replaced(usual, "17:00:30", "17:00:31")));
  BOOST_TEST(recognised(usual, replaced(usual, "5f0c9a", "000000")));
  BOOST_TEST(recognised(usual, replaced(usual, "success", "SUCCESS")));
  const std::string longer = R"({"code":0,"msg":"success","id":"123"})";
  BOOST_TEST(recognised(usual, replaced(replaced(usual, body, longer), "Length: 26", "Length: 37")));
  BOOST_TEST(size_after(usual, usual + "HTTP/1.1") == usual.size());
}

BOOST_AUTO_TEST_CASE(what_decides_something_is_left_to_the_parser) {
  const std::vector<std::string> others = {
      replaced(usual, "200", "201"),
      replaced(usual, "1.1", "1.0"),
      replaced(usual, "application/json", "application/text"),
      replaced(usual, "Remaining: 17", "Remaining: 16"),
      replaced(usual, "5f0c9a", "5f0c9ab"),
      replaced(usual, "5f0c9a", "5f0c9\x01"),
      replaced(usual, "5f0c9a", "5f0c9\xe4"),
      replaced(usual, "5f0c9a", "5f0c9 "),
      replaced(usual, "Length: 26", "Length: +1"),
      replaced(usual, "Length: 26", "Length: 27"),
      usual.substr(0, usual.size() - 1),
      "",
  };
  for (const auto& other : others) BOOST_TEST(!recognised(usual, other), other);
}

BOOST_AUTO_TEST_CASE(headers_that_cannot_serve_are_not_learned) {
  const std::vector<std::string> cannot = {
      answer_with("Content-Length: 26\r\n"),
      answer_with("X-Folded: a\r\n b\r\n"),
      answer_with("", std::string(10'000, ' ')),
  };
  for (const auto& known : cannot) {
    if (read_anew(known).starts_with("failed")) continue;
    BOOST_TEST(!recognised(known, known), known.substr(0, 200));
  }
}

BOOST_AUTO_TEST_CASE(whatever_byte_is_changed_the_answer_reads_as_it_does_without_knowledge) {
  for (std::size_t at = 0; at < usual.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto other = usual;
      other[at] = static_cast<char>(byte);
      const auto expected = read_anew(other);
      const auto found = read_after(usual, other);
      if (found != expected) BOOST_ERROR(fmt::format("byte {} as {}: {}\nbut anew: {}", at, byte, found, expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(answers_of_every_kind_read_the_same_after_each_other) {
  const std::vector<std::string> answers = {
      usual,
      answer_with(""),
      answer_with("", ""),
      answer_with("Date:\r\n"),
      answer_with("Date: a\r\nDate: b\r\n"),
      answer_with("Date: a\r\nDate:\r\n"),
      answer_with("date:\t Sat \t\r\n"),
      answer_with("Connection: close\r\n"),
      answer_with("Connection: keep-alive\r\n"),
      answer_with("Content-Length: 26\r\n"),
      answer_with("Content-Encoding: gzip\r\nRetry-After: 3\r\nLocation: /x\r\n"),
      answer_with("X-Folded: a\r\n b\r\n"),
      answer_with("", std::string(9'999, 'x')),
      answer_with("", std::string(10'000, 'x')),
      "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nContent-Length: 007\r\n\r\n{\"a\":1}",
      "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n" + usual,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nuntil the end",
      "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 503 Busy\r\nContent-Length: 1\r\nRetry-After: 9\r\n\r\nx",
      usual + usual,
      usual.substr(0, 40),
  };
  for (const auto& first : answers) {
    for (const auto& second : answers) BOOST_TEST(read_after(first, second) == read_anew(second), first << second);
  }
}

BOOST_AUTO_TEST_SUITE_END()
