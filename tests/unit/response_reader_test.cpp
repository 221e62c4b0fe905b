#include "koobatch/http/response_reader.hpp"

#include "koodrive/declared_quota_fields.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>

using koobatch::http::Answer;
using koobatch::http::max_body_bytes;
using koobatch::http::max_header_bytes;
using koobatch::http::ResponseReader;
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

BOOST_AUTO_TEST_SUITE(response_reader)

BOOST_AUTO_TEST_CASE(an_answer_is_read_the_same_in_pieces_of_every_size) {
  const std::string bytes =
      with_length(body,
                  "Date: Sat, 21 Nov 2026 17:00:30 GMT\r\nRetry-After: 7\r\n"
                  "location:  /elsewhere \r\ncontent-type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"
                  "X-Other: y\r\n");
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE(!stream.reader.begun());
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.http == 200);
    BOOST_REQUIRE(stream.answer.body == body);
    BOOST_REQUIRE(stream.answer.date == "Sat, 21 Nov 2026 17:00:30 GMT");
    BOOST_REQUIRE(stream.answer.retry_after == "7");
    BOOST_REQUIRE(stream.answer.location == "/elsewhere");
    BOOST_REQUIRE(stream.answer.content_type == "text/html; charset=utf-8");
    BOOST_REQUIRE(stream.answer.content_encoding == "gzip");
    BOOST_REQUIRE(stream.reader.keep_alive());
    BOOST_REQUIRE(stream.unread.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_empty_chunked_answer_may_arrive_in_any_pieces) {
  const std::string header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t first = 1; first < 5; ++first) {
    for (std::size_t size = 1; size < 5; ++size) {
      const std::string end = "0\r\n\r\n";
      Stream stream;
      stream.take(header + end.substr(0, first));
      BOOST_TEST((stream.state == State::more));
      BOOST_TEST((stream.take_in_pieces(end.substr(first), size) == State::done));
      BOOST_TEST(stream.answer.body.empty());
      BOOST_TEST(stream.unread.empty());
    }
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

BOOST_AUTO_TEST_CASE(all_fields_about_rate_limits_are_kept_whatever_their_case_and_no_others) {
  const std::string bytes = with_length(
      body,
      "RateLimit: \"a\";r=5\r\nratelimit-policy: \"a\";q=9;w=1\r\nRATELIMIT-LIMIT:  9 \r\nX-RateLimit-Reset: 1\r\n"
      "X-RateLimit-Reset: 2\r\nx-apig-ratelimit-api: remain:9,limit:10,time:10 second\r\nX-Request-Id: RateLimit\r\n"
      "RateLimi: 1\r\nX-Apig-Latency: 4\r\nX-Apig-Mode: debug\r\nApig-RateLimit: 1\r\nX-X-RateLimit: 1\r\n"
      "Referer: RateLimit\r\nxRateLimit: 1\r\nX-RateLimit: \r\n");
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.rate_limits ==
                  "RateLimit: \"a\";r=5\nratelimit-policy: \"a\";q=9;w=1\nRATELIMIT-LIMIT: 9\nX-RateLimit-Reset: 1\n"
                  "X-RateLimit-Reset: 2\nx-apig-ratelimit-api: remain:9,limit:10,time:10 second\nX-RateLimit: \n");
  }
}

BOOST_AUTO_TEST_CASE(every_field_that_declares_a_quota_is_kept) {
  for (const auto& field : koobatch::koodrive::quota_fields) {
    Stream stream;
    stream.take(with_length(body, std::string(field.name) + ": 7\r\n"));
    BOOST_TEST(stream.answer.rate_limits == std::string(field.name) + ": 7\n");
  }
}

BOOST_AUTO_TEST_CASE(of_fields_about_rate_limits_only_so_much_is_kept) {
  const std::string huge = "X-RateLimit-Limit: " + std::string(koobatch::http::max_rate_limit_bytes, '9') + "\r\n";
  const std::string small = "X-RateLimit-Limit: 7\r\n";
  Stream stream;
  stream.take(with_length(body, small + huge + small));
  BOOST_TEST(stream.answer.rate_limits == "X-RateLimit-Limit: 7\nX-RateLimit-Limit: 7\n");
  Stream many;
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += small;
  BOOST_TEST((many.take(with_length(body, fields)) == State::done));
  BOOST_TEST(many.answer.rate_limits.size() <= koobatch::http::max_rate_limit_bytes);
  BOOST_TEST(many.answer.rate_limits.size() > koobatch::http::max_rate_limit_bytes - small.size());
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
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLocation: /hint\r\nContent-Type: y\r\nDate: x\r\n"
      "RateLimit-Limit: 1\r\n\r\n" +
      with_length(body);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.http == 200);
    BOOST_REQUIRE(stream.answer.body == body);
    BOOST_REQUIRE(stream.answer.location.empty());
    BOOST_REQUIRE(stream.answer.date.empty());
    BOOST_REQUIRE(stream.answer.rate_limits.empty());
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

BOOST_AUTO_TEST_CASE(a_status_line_without_blank_and_reason_is_read_in_pieces_of_every_size) {
  for (const std::string version : {"HTTP/1.1", "HTTP/1.0"}) {
    const std::string bytes =
        version + " 100\r\n\r\n" + version + " 200\r\nContent-Length: 26\r\nRetry-After: 7\r\n\r\n" + body;
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      Stream stream;
      BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
      BOOST_REQUIRE(stream.answer.http == 200);
      BOOST_REQUIRE(stream.answer.body == body);
      BOOST_REQUIRE(stream.answer.retry_after == "7");
      BOOST_REQUIRE(stream.unread.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_status_line_without_blank_that_has_another_shape_makes_no_answer) {
  for (const std::string line : {"HTTP/1.1 20\r\n", "HTTP/1.1 2000\r\n", "HTTP/1.1 20x\r\n", "HTTP/1.1  200\r\n",
                                 "HTTP/1.1\t200\r\n", "HTTP/2.0 200\r\n", "HTTP/1.1 099\r\n", "HTTP/1.1 200\n"}) {
    const std::string bytes = line + "Content-Length: 2\r\n\r\n{}";
    for (const std::size_t size : {std::size_t{1}, std::size_t{13}, bytes.size()}) {
      Stream stream;
      BOOST_TEST((stream.take_in_pieces(bytes, size) == State::failed), line << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_within_a_status_line_without_blank_makes_no_answer_and_says_why) {
  for (const std::string bytes : {"HTTP/1.1 200", "HTTP/1.1 200\r", "HTTP/1.1 200\r\n", "H", ""}) {
    Stream stream;
    BOOST_TEST((stream.take(bytes) == State::more), bytes);
    BOOST_TEST((stream.reader.end() == State::failed), bytes);
    BOOST_TEST(stream.reader.error().failed(), bytes);
  }
}

BOOST_AUTO_TEST_CASE(line_feeds_alone_make_no_answer_at_once_and_are_named_in_pieces_of_every_size) {
  for (const std::string bytes : {"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "HTTP/1.1 200\nContent-Length: 2\n\n{}",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 2\nDate: x\r\n\r\n{}"}) {
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      Stream stream;
      BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::failed));
      BOOST_REQUIRE(koobatch::http::describe_fault(stream.reader.error()) ==
                    "bad line ending: a line of its header ends in LF instead of CR LF");
    }
  }
}

BOOST_AUTO_TEST_CASE(line_feeds_in_a_body_are_its_own) {
  const std::string lines = "{\n\"code\":0\n}\n\n";
  const std::string bytes = "HTTP/1.1 100 Continue\r\n\r\n" + with_length(lines);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    Stream stream;
    BOOST_REQUIRE((stream.take_in_pieces(bytes, size) == State::done));
    BOOST_REQUIRE(stream.answer.body == lines);
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_an_answer_is_said_in_words) {
  const auto fault = [](std::string_view bytes) {
    Stream stream;
    BOOST_TEST((stream.take(bytes) == State::failed), bytes);
    return koobatch::http::describe_fault(stream.reader.error());
  };
  BOOST_TEST(fault("SSH-2.0-OpenSSH_9.2\r\n\r\n") == "bad version: it does not begin with HTTP/1.0 or HTTP/1.1");
  BOOST_TEST(fault("HTTP/1.1 200 OK\r\nno colon\r\n\r\n") ==
             "bad field: a line of its header does not begin with a name and a colon");
  BOOST_TEST(fault("HTTP/1.1 200 OK\r\nX: " + std::string(24 * 1024, 'x') + "\r\n\r\n") ==
             "header limit exceeded: more than 16 KiB");
  BOOST_TEST(fault(with_length(std::string(max_body_bytes + 1, 'x'))) == "body limit exceeded: more than 64 KiB");
  BOOST_TEST(fault("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n") == "bad Content-Length");
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
