#include "sim/request.hpp"

#include <boost/beast/http/error.hpp>

namespace koobatch::sim {
namespace {

using Progress = RequestReader::Progress;

struct Fixture {
  RequestReader reader;

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto space = reader.space();
      const std::size_t n = std::min(space.size(), bytes.size());
      BOOST_TEST_REQUIRE(n > 0U);
      bytes.copy(space.data(), n);
      reader.commit(n);
      bytes.remove_prefix(n);
      if (!bytes.empty()) BOOST_TEST_REQUIRE(reader.parse() == Progress::incomplete);
    }
  }
  Progress parse(std::string_view bytes) {
    feed(bytes);
    return reader.parse();
  }
};

constexpr std::string_view rename =
    "POST /koodrive/ose/v1/sharefolder/rename HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "authorization: Bearer+token\r\n"
    "X-USER-ID: user-1\r\n"
    "X-Date: 20251103T070140Z\r\n"
    "X-Traceid: 0101\r\n"
    "Language: en-US\r\n"
    "X-Other: ignored\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 15\r\n"
    "\r\n"
    "{\"id\":\"1757156\"";

void check_rename(const Request& r) {
  BOOST_TEST(r.method == "POST");
  BOOST_TEST(r.target == "/koodrive/ose/v1/sharefolder/rename");
  BOOST_TEST(r.host.value() == "127.0.0.1:8080");
  BOOST_TEST(r.authorization.value() == "Bearer+token");
  BOOST_TEST(r.user_id.value() == "user-1");
  BOOST_TEST(r.date.value() == "20251103T070140Z");
  BOOST_TEST(r.trace_id.value() == "0101");
  BOOST_TEST(r.language.value() == "en-US");
  BOOST_TEST(r.content_type.value() == "application/json");
  BOOST_TEST(r.body == "{\"id\":\"1757156\"");
  BOOST_TEST(r.repeated.empty());
  BOOST_TEST(r.keep_alive);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sim_request, Fixture)

BOOST_AUTO_TEST_CASE(a_request_is_parsed_with_the_headers_the_service_uses) {
  BOOST_TEST(parse(rename) == Progress::complete);
  check_rename(reader.request());
  BOOST_TEST(!reader.has_more());
}

BOOST_AUTO_TEST_CASE(a_request_that_arrives_byte_by_byte_is_the_same) {
  for (std::size_t i = 0; i + 1 < rename.size(); ++i) {
    BOOST_TEST_REQUIRE(parse(rename.substr(i, 1)) == Progress::incomplete);
  }
  BOOST_TEST(parse(rename.substr(rename.size() - 1)) == Progress::complete);
  check_rename(reader.request());
}

BOOST_AUTO_TEST_CASE(the_head_is_known_before_the_body_arrives) {
  const std::size_t head = rename.find("\r\n\r\n") + 4;
  BOOST_TEST(parse(rename.substr(0, head - 1)) == Progress::incomplete);
  BOOST_TEST(!reader.head_read());
  BOOST_TEST(parse(rename.substr(head - 1, 1)) == Progress::incomplete);
  BOOST_TEST(reader.head_read());
}

BOOST_AUTO_TEST_CASE(a_request_leaves_no_traces_in_the_next_one) {
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST_REQUIRE(parse(rename) == Progress::complete);
    check_rename(reader.request());
    reader.next();
  }
  BOOST_TEST(parse("GET / HTTP/1.1\r\n\r\n") == Progress::complete);
  BOOST_TEST(!reader.request().host.has_value());
  BOOST_TEST(reader.request().body.empty());
}

BOOST_AUTO_TEST_CASE(a_pipelined_request_is_noticed_and_kept) {
  BOOST_TEST(parse(std::string(rename) + std::string(rename)) == Progress::complete);
  BOOST_TEST(reader.has_more());
  reader.next();
  BOOST_TEST(reader.parse() == Progress::complete);
  check_rename(reader.request());
}

BOOST_AUTO_TEST_CASE(a_header_given_twice_is_noticed) {
  BOOST_TEST(parse("GET / HTTP/1.1\r\nHost: a\r\nX-Date: 1\r\nx-date: 2\r\n\r\n") == Progress::complete);
  BOOST_TEST(reader.request().repeated == "X-Date");
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_reassembled) {
  BOOST_TEST(
      (parse("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n") ==
       Progress::complete));
  BOOST_TEST(reader.request().body == "hello, world");
}

BOOST_AUTO_TEST_CASE(a_body_much_larger_than_the_buffer_is_read_whole) {
  const std::string body(RequestReader::body_limit, 'x');
  feed("POST / HTTP/1.1\r\nX-User-Id: u\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  BOOST_TEST(parse(body) == Progress::complete);
  BOOST_TEST((reader.request().body == body));
  BOOST_TEST(reader.request().user_id.value() == "u");
}

BOOST_AUTO_TEST_CASE(many_small_chunks_are_read_whole) {
  feed("POST / HTTP/1.1\r\nX-User-Id: u\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20'000; ++i) feed("3\r\nabc\r\n");
  BOOST_TEST(parse("0\r\n\r\n") == Progress::complete);
  BOOST_TEST(reader.request().body.size() == 60'000U);
  BOOST_TEST(reader.request().user_id.value() == "u");
}

BOOST_AUTO_TEST_CASE(the_client_decides_whether_the_connection_stays_open) {
  BOOST_TEST(parse("GET / HTTP/1.1\r\nConnection: close\r\n\r\n") == Progress::complete);
  BOOST_TEST(!reader.request().keep_alive);
  reader.next();
  BOOST_TEST(parse("GET / HTTP/1.0\r\n\r\n") == Progress::complete);
  BOOST_TEST(!reader.request().keep_alive);
  BOOST_TEST(reader.request().version == 10);
}

BOOST_AUTO_TEST_CASE(input_that_is_not_http_is_malformed) {
  for (const char* bad :
       {"hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nX-Date: folded\r\n over lines\r\n\r\n", "\x16\x03\x01 TLS, by mistake \r\n\r\n"}) {
    RequestReader fresh;
    std::string_view(bad).copy(fresh.space().data(), fresh.space().size());
    fresh.commit(std::string_view(bad).size());
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(fresh.parse() == Progress::malformed);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_head_over_its_limit_is_refused) {
  feed("GET / HTTP/1.1\r\nX-Long: ");
  Progress progress = Progress::incomplete;
  for (std::size_t sent = 0; progress == Progress::incomplete && sent < 2 * RequestReader::header_limit; sent += 1024) {
    progress = parse(std::string(1024, 'x'));
  }
  BOOST_TEST(progress == Progress::malformed);
  BOOST_TEST((reader.error() == boost::beast::http::error::header_limit));
}

BOOST_AUTO_TEST_CASE(a_body_over_its_limit_is_refused) {
  BOOST_TEST(parse("POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n") == Progress::malformed);
  BOOST_TEST((reader.error() == boost::beast::http::error::body_limit));
}

BOOST_AUTO_TEST_CASE(a_chunked_body_over_its_limit_is_refused) {
  feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  for (int i = 0; i < 32; ++i) BOOST_TEST_REQUIRE(parse(chunk) == Progress::incomplete);
  BOOST_TEST(parse("1\r\nx\r\n") == Progress::malformed);
  BOOST_TEST((reader.error() == boost::beast::http::error::body_limit));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
