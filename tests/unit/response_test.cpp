#include "koobatch/net/response.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>

using koobatch::flow::Answer;
using koobatch::net::max_body_bytes;
using koobatch::net::max_header_bytes;
using koobatch::net::ResponseReader;
using State = ResponseReader::State;

namespace {

/// A peer's bytes, read as a connection does it: what is not consumed is offered again together with what comes next.
struct Stream {
  Answer answer;
  ResponseReader reader;
  std::string unread;
  State state = State::more;

  Stream() { reader.start(answer); }

  State take(std::string_view bytes) {
    unread += bytes;
    std::size_t consumed = 0;
    state = reader.feed(unread, consumed);
    BOOST_REQUIRE(consumed <= unread.size());
    unread.erase(0, consumed);
    return state;
  }
  State take_in_pieces(std::string_view bytes, std::size_t size) {
    while (!bytes.empty() && state == State::more) {
      take(bytes.substr(0, size));
      bytes.remove_prefix(std::min(size, bytes.size()));
    }
    unread += bytes;
    return state;
  }
};

std::string with_length(std::string_view body, std::string_view more_headers = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more_headers) +
         "\r\n" + std::string(body);
}

const std::string body = R"({"code":0,"msg":"success"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(response)

BOOST_AUTO_TEST_CASE(an_answer_is_read_the_same_in_pieces_of_every_size) {
  const std::string bytes = with_length(body,
                                        "Date: Sat, 21 Nov 2026 17:00:30 GMT\r\nRetry-After: 7\r\n"
                                        "location:  /elsewhere \r\nX-Other: y\r\n");
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE(!stream.reader.begun());
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.http == 200);
    BOOST_REQUIRE(stream.answer.body == body);
    BOOST_REQUIRE(stream.answer.date == "Sat, 21 Nov 2026 17:00:30 GMT");
    BOOST_REQUIRE(stream.answer.retry_after == "7");
    BOOST_REQUIRE(stream.answer.location == "/elsewhere");
    BOOST_REQUIRE(stream.reader.keep_alive());
    BOOST_REQUIRE(stream.unread.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_chunked_answer_is_read_the_same_in_pieces_of_every_size) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "9\r\n{\"code\":0\r\n1;note=x\r\n}\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.body == R"({"code":0})");
    BOOST_REQUIRE(stream.unread.empty());
  }
}

BOOST_AUTO_TEST_CASE(answers_without_a_body_end_with_their_header) {
  for (const char* head : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    Stream stream;
    BOOST_TEST((stream.take(head) == State::done), head);
    BOOST_TEST(stream.answer.body.empty());
  }
}

BOOST_AUTO_TEST_CASE(interim_answers_are_passed_over) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLocation: /hint\r\nDate: x\r\n\r\n" + with_length(body);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.http == 200);
    BOOST_REQUIRE(stream.answer.body == body);
    BOOST_REQUIRE(stream.answer.location.empty());
    BOOST_REQUIRE(stream.answer.date.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_interim_answer_is_a_sign_of_life_but_no_answer) {
  Stream stream;
  BOOST_TEST((stream.take("HTTP/1.1 100 Continue\r\n\r\n") == State::more));
  BOOST_TEST(stream.reader.begun());
  BOOST_TEST((stream.reader.end() == State::failed));
}

BOOST_AUTO_TEST_CASE(http_101_is_final_because_what_follows_it_is_no_http) {
  Stream stream;
  BOOST_TEST((stream.take("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nPRI *") == State::done));
  BOOST_TEST(stream.answer.http == 101);
  BOOST_TEST(stream.unread == "PRI *");
}

BOOST_AUTO_TEST_CASE(bytes_beyond_the_answer_are_left_alone) {
  Stream stream;
  BOOST_TEST((stream.take(with_length(body) + "HTTP/1.1 500") == State::done));
  BOOST_TEST(stream.unread == "HTTP/1.1 500");
}

BOOST_AUTO_TEST_CASE(one_reader_reads_answer_after_answer) {
  Stream stream;
  for (int i = 0; i < 3; ++i) {
    stream.answer.clear();
    stream.reader.start(stream.answer);
    BOOST_TEST(!stream.reader.begun());
    BOOST_TEST((stream.take(with_length(body)) == State::done));
    BOOST_TEST(stream.answer.body == body);
  }
}

BOOST_AUTO_TEST_CASE(the_connection_is_kept_only_if_the_answer_allows_it) {
  Stream kept;
  kept.take(with_length(body));
  BOOST_TEST(kept.reader.keep_alive());
  Stream closing;
  closing.take(with_length(body, "Connection: close\r\n"));
  BOOST_TEST(!closing.reader.keep_alive());
  Stream old;
  old.take("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(!old.reader.keep_alive());
  Stream old_but_kept;
  old_but_kept.take("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(old_but_kept.reader.keep_alive());
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_length_ends_with_the_stream) {
  Stream stream;
  BOOST_TEST((stream.take("HTTP/1.1 200 OK\r\n\r\n" + body) == State::more));
  BOOST_TEST((stream.reader.end() == State::done));
  BOOST_TEST(stream.answer.body == body);
  BOOST_TEST(!stream.reader.keep_alive());
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_early_makes_no_answer) {
  const std::string bytes = with_length(body);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE((stream.take(bytes.substr(0, size)) == State::more));
    BOOST_REQUIRE(stream.reader.begun() == (size > 0));
    BOOST_REQUIRE((stream.reader.end() == State::failed));
  }
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";
  Stream stream;
  stream.take(chunked);
  BOOST_TEST((stream.reader.end() == State::failed));
}

BOOST_AUTO_TEST_CASE(lengths_that_contradict_each_other_make_no_answer) {
  for (const char* headers :
       {"Content-Length: 2\r\nContent-Length: 3\r\n", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "Content-Length: -2\r\n", "Content-Length: 2x\r\n",
        "Content-Length: 99999999999999999999999\r\n", "Content-Length: 2, 3\r\n"}) {
    Stream stream;
    BOOST_TEST((stream.take("HTTP/1.1 200 OK\r\n" + std::string(headers) + "\r\n{}") == State::failed), headers);
    BOOST_TEST(stream.reader.error().failed());
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_http_makes_no_answer) {
  for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\x01\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    Stream stream;
    BOOST_TEST((stream.take(bytes) == State::failed), bytes);
  }
}

BOOST_AUTO_TEST_CASE(a_status_below_100_is_no_answer_either) {
  Stream stream;
  BOOST_TEST((stream.take("HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n") == State::failed));
  BOOST_TEST(stream.reader.error().failed());
}

BOOST_AUTO_TEST_CASE(a_header_without_end_is_given_up_at_its_limit) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20U}) {
    Stream stream;
    const std::string endless = "HTTP/1.1 200 OK\r\nX-Endless: " + std::string(2 * max_header_bytes, 'x');
    BOOST_TEST((stream.take_in_pieces(endless, size) == State::failed));
  }
}

BOOST_AUTO_TEST_CASE(many_headers_together_are_held_to_the_same_limit) {
  Stream stream;
  std::string many = "HTTP/1.1 200 OK\r\n";
  while (many.size() < 2 * max_header_bytes) many += "X-Many: yes\r\n";
  BOOST_TEST((stream.take(many + "\r\n") == State::failed));
}

BOOST_AUTO_TEST_CASE(a_body_at_the_limit_is_read_and_one_beyond_is_not) {
  Stream at_limit;
  BOOST_TEST((at_limit.take(with_length(std::string(max_body_bytes, 'x'))) == State::done));
  BOOST_TEST(at_limit.answer.body.size() == max_body_bytes);
  Stream beyond;
  BOOST_TEST((beyond.take(with_length(std::string(max_body_bytes + 1, 'x'))) == State::failed));
}

BOOST_AUTO_TEST_CASE(bodies_that_do_not_announce_their_length_are_limited_too) {
  Stream chunked;
  chunked.take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100 && chunked.state == State::more; ++i) {
    chunked.take("400\r\n" + std::string(0x400, 'x') + "\r\n");
    BOOST_REQUIRE(chunked.answer.body.size() <= max_body_bytes);
  }
  BOOST_TEST((chunked.state == State::failed));
  Stream endless;
  endless.take("HTTP/1.1 200 OK\r\n\r\n");
  for (int i = 0; i < 100 && endless.state == State::more; ++i) {
    endless.take(std::string(1024, 'x'));
    BOOST_REQUIRE(endless.answer.body.size() <= max_body_bytes);
  }
  BOOST_TEST((endless.state == State::failed));
}

BOOST_AUTO_TEST_SUITE_END()
