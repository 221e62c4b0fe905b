#include "http2_peer.hpp"
#include "koobatch/http/response_reader.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <vector>

using namespace koobatch;
using namespace http2;
using http::Delivery;
namespace bdata = boost::unit_test::data;

namespace koobatch::http {
std::ostream& boost_test_print_type(std::ostream& out, Delivery delivery) {
  constexpr const char* names[] = {"answered", "not_sent", "refused", "overloaded", "stale", "lost"};
  return out << names[static_cast<std::size_t>(delivery)];
}
}  // namespace koobatch::http

namespace {

/// What is seen while one request has been answered before, one is untouched, one half answered, and one answered.
struct Row {
  const char* name;
  std::string seen;  ///< empty: the end of the connection
  Delivery untouched;
  Delivery half_answered;
  bool drains = false;
  bool breaks = false;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.name;
}

constexpr std::uint32_t untouched_id = 3, half_answered_id = 5;

std::string reset_both(Code code) {
  return reset(untouched_id, code) + reset(half_answered_id, code);
}

const std::vector<Row> table = {
    {"end of the connection", "", Delivery::stale, Delivery::lost, true, true},
    {"GOAWAY above", go_away(1), Delivery::refused, Delivery::lost, true},
    {"GOAWAY that wants fewer requests", go_away(1, enhance_your_calm, "slow\033 down"), Delivery::overloaded,
     Delivery::lost, true},
    {"GOAWAY that wants HTTP/1.1", go_away(1, http_1_1_required), Delivery::stale, Delivery::lost, true},
    {"GOAWAY for an internal error", go_away(1, internal_error), Delivery::refused, Delivery::lost, true},
    {"GOAWAY twice", go_away(max_id) + go_away(1), Delivery::refused, Delivery::lost, true},
    {"REFUSED_STREAM", reset_both(refused_stream), Delivery::stale, Delivery::lost},
    {"CANCEL", reset_both(cancel), Delivery::lost, Delivery::lost},
    {"INTERNAL_ERROR", reset_both(internal_error), Delivery::lost, Delivery::lost},
    {"NO_ERROR without an answer", reset_both(no_error), Delivery::lost, Delivery::lost},
    {"ENHANCE_YOUR_CALM of a stream", reset_both(enhance_your_calm), Delivery::lost, Delivery::lost},
    {"PROTOCOL_ERROR", reset_both(protocol_error), Delivery::lost, Delivery::lost, true},
    {"HTTP_1_1_REQUIRED", reset_both(http_1_1_required), Delivery::stale, Delivery::lost, true},
    {"INADEQUATE_SECURITY", reset_both(inadequate_security), Delivery::stale, Delivery::lost, true},
    {"DATA on stream 0", frame(data, none, 0, "x"), Delivery::lost, Delivery::lost, true, true},
    {"DATA of an idle stream", frame(data, none, 99, "x"), Delivery::lost, Delivery::lost, true, true},
    {"a broken header block", frame(headers, end_headers, untouched_id, "\xff\xff\xff\xff\xff\xff"), Delivery::lost,
     Delivery::lost, true, true},
    {"CONTINUATION of nothing", frame(continuation, end_headers, 3, "\x88"), Delivery::lost, Delivery::lost, true,
     true},
    {"PUSH_PROMISE", frame(push_promise, end_headers, 3, u32(2) + "\x82"), Delivery::lost, Delivery::lost, true, true},
    {"a window too large", frame(window_update, none, 0, u32(max_id)), Delivery::lost, Delivery::lost, true, true},
    {"a frame too large", frame(data, none, 3, std::string(16385, 'x')), Delivery::lost, Delivery::lost, true, true},
};

/// The first of the exchanges has been answered, so that the connection has brought something.
struct Warm : Client {
  Warm() {
    begin();
    send();
    receive(answer(1));
    streams.finished().clear();
  }
};

void check_row(const Row& row, bool in_pieces) {
  Warm client;
  client.in_pieces = in_pieces;
  const auto& untouched = client.send();
  const auto& half = client.send();
  const auto& answered = client.send();
  client.receive(head(half_answered_id) + frame(data, none, half_answered_id, "{") + answer(7));
  if (row.seen.empty()) {
    client.streams.end("closed");
  } else {
    client.receive(row.seen);
  }
  BOOST_TEST_REQUIRE(client.finished(untouched));
  BOOST_TEST_REQUIRE(client.finished(half));
  BOOST_TEST_REQUIRE(client.finished(answered));
  BOOST_TEST(untouched.answer.delivery == row.untouched);
  BOOST_TEST(half.answer.delivery == row.half_answered);
  BOOST_TEST(answered.answer.delivery == Delivery::answered);
  BOOST_TEST(half.answer.body.empty());
  BOOST_TEST(!untouched.answer.error.empty());
  BOOST_TEST(untouched.answer.error.find('\033') == std::string::npos);
  BOOST_TEST(client.streams.draining() == row.drains);
  BOOST_TEST(client.streams.broken() == row.breaks);
  BOOST_TEST(client.streams.in_flight() == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http2_session)

BOOST_DATA_TEST_CASE(what_is_seen_determines_what_is_certain, bdata::make(table), row) {
  check_row(row, false);
}

BOOST_DATA_TEST_CASE(it_is_the_same_if_it_arrives_byte_by_byte, bdata::make(table), row) {
  check_row(row, true);
}

BOOST_AUTO_TEST_CASE(an_answer_is_taken_with_its_fields_and_body) {
  for (const bool in_pieces : {false, true}) {
    Client client;
    client.in_pieces = in_pieces;
    client.begin();
    const auto& exchange = client.send();
    client.receive(frame(headers, end_headers, 1,
                         status("429") + field("date", "D") + field("retry-after", "7") + field("content-type", "C") +
                             field("location", "L") + field("x-ratelimit-limit", "5") + field("server", "S")));
    BOOST_TEST(!client.finished(exchange));
    client.receive(frame(data, padded, 1, std::string("\x03") + "{\"a\"" + std::string(3, '\0')) + body(1, ":1}"));
    BOOST_TEST_REQUIRE(client.finished(exchange));
    BOOST_TEST(exchange.answer.delivery == Delivery::answered);
    BOOST_TEST(exchange.answer.http == 429);
    BOOST_TEST(exchange.answer.body == R"({"a":1})");
    BOOST_TEST(exchange.answer.date == "D");
    BOOST_TEST(exchange.answer.retry_after == "7");
    BOOST_TEST(exchange.answer.content_type == "C");
    BOOST_TEST(exchange.answer.location == "L");
    BOOST_TEST(exchange.answer.rate_limits == "x-ratelimit-limit: 5\n");
  }
}

BOOST_AUTO_TEST_CASE(interim_answers_and_trailers_are_passed_over) {
  for (const bool in_pieces : {false, true}) {
    Client client;
    client.in_pieces = in_pieces;
    client.begin();
    const auto& exchange = client.send();
    client.receive(frame(headers, end_headers, 1, status("103") + field("location", "early")) + head(1, "100") +
                   frame(headers, end_headers, 1, status("200") + field("date", "D")) + frame(data, none, 1, "{}") +
                   frame(headers, end_headers | end_stream, 1, field("date", "T") + field("location", "T")));
    BOOST_TEST_REQUIRE(client.finished(exchange));
    BOOST_TEST(exchange.answer.delivery == Delivery::answered);
    BOOST_TEST(exchange.answer.http == 200);
    BOOST_TEST(exchange.answer.body == "{}");
    BOOST_TEST(exchange.answer.date == "D");
    BOOST_TEST(exchange.answer.location.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_answer_is_whole_even_if_the_stream_is_reset_after_it) {
  for (const Code code : {no_error, cancel}) {
    Client client;
    client.begin(setting(initial_window_size, 4));
    const auto& exchange = client.send();
    client.receive(answer(1) + reset(1, code));
    BOOST_TEST_REQUIRE(client.finished(exchange));
    BOOST_TEST(exchange.answer.delivery == Delivery::answered);
    BOOST_TEST(!client.streams.draining());
  }
}

BOOST_AUTO_TEST_CASE(an_answer_before_the_request_is_sent_completely_ends_the_exchange) {
  Client client;
  client.begin(setting(initial_window_size, 4));
  const auto& exchange = client.send();
  client.output.clear();
  client.receive(answer(1));
  BOOST_TEST_REQUIRE(client.finished(exchange));
  BOOST_TEST(exchange.answer.delivery == Delivery::answered);
  // The rest of the body is nobody's any more.
  client.hand_over();
  BOOST_TEST(count(client.output, rst_stream) == 1U);
  BOOST_TEST(count(client.output, data) == 0U);
  const auto& next = client.send();
  client.receive(answer(3));
  BOOST_TEST(client.finished(next));
}

BOOST_AUTO_TEST_CASE(malformed_answers_are_lost_and_the_connection_goes_on) {
  const std::string fields = field("content-length", "5");
  const std::vector<std::string> malformed = {
      frame(headers, end_headers, 1, status("200") + fields) + body(1, "{}"),
      frame(headers, end_headers, 1, status("200") + fields) + body(1, "1234567"),
      frame(headers, end_headers, 1, field("date", "D")) + body(1, "{}"),
      frame(headers, end_headers | end_stream, 1, status("101")),
      frame(headers, end_headers | end_stream, 1, status("abc")),
      frame(headers, end_headers, 1, status("029")) + body(1, "{}"),
      frame(headers, end_headers, 1, status("200") + status("200")) + body(1, "{}"),
      frame(headers, end_headers, 1, status("200") + field("Date", "D")) + body(1, "{}"),
      frame(headers, end_headers, 1, status("200") + field("connection", "close")) + body(1, "{}"),
      frame(headers, end_headers | end_stream, 1, status("100")),
      head(1, "100") + body(1, "{}"),
  };
  for (const std::string& bytes : malformed) {
    Client client;
    client.begin();
    const auto& exchange = client.send();
    client.receive(bytes);
    BOOST_TEST_REQUIRE(client.finished(exchange));
    BOOST_TEST(exchange.answer.delivery == Delivery::lost);
    BOOST_TEST(!client.streams.draining());
    const auto& next = client.send();
    client.receive(answer(3));
    BOOST_TEST(next.answer.delivery == Delivery::answered);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_too_large_is_lost_and_the_connection_goes_on) {
  Client client;
  client.begin();
  const auto& exchange = client.send();
  client.receive(head(1));
  const std::string piece = frame(data, none, 1, std::string(16384, 'x'));
  for (std::size_t i = 0; i < http::max_body_bytes / 16384; ++i) client.receive(piece);
  BOOST_TEST(!client.finished(exchange));
  client.receive(piece);
  BOOST_TEST_REQUIRE(client.finished(exchange));
  BOOST_TEST(exchange.answer.delivery == Delivery::lost);
  BOOST_TEST(exchange.answer.body.empty());
  const auto& next = client.send();
  client.receive(answer(3));
  BOOST_TEST(next.answer.delivery == Delivery::answered);
}

BOOST_AUTO_TEST_CASE(header_fields_are_limited_with_those_of_interim_answers) {
  Client client;
  client.begin();
  const auto& exchange = client.send();
  const std::string interim =
      frame(headers, end_headers, 1, status("103") + field("link", std::string(100, 'x')) + field("a", "b"));
  int sent = 0;
  while (!client.finished(exchange) && ++sent < 1000) client.receive(interim);
  BOOST_TEST(sent < 100);
  BOOST_TEST(exchange.answer.delivery == Delivery::lost);
  BOOST_TEST(!client.streams.broken());
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_before_the_peers_settings) {
  Client client;
  BOOST_TEST(client.streams.capacity() == 0U);
  BOOST_TEST(client.streams.output().starts_with("PRI * HTTP/2.0"));
  client.begin();
  BOOST_TEST(client.streams.ready());
  BOOST_TEST(client.streams.capacity() == 32U);
}

BOOST_AUTO_TEST_CASE(capacity_follows_the_peers_settings) {
  Client client;
  client.begin(setting(max_concurrent_streams, 5));
  BOOST_TEST(client.streams.capacity() == 5U);
  for (int i = 0; i < 3; ++i) client.send();
  BOOST_TEST(client.streams.capacity() == 2U);
  client.receive(frame(settings, none, 0, setting(max_concurrent_streams, 2)));
  BOOST_TEST(client.streams.capacity() == 0U);
  client.receive(answer(1) + answer(3));
  BOOST_TEST(client.streams.capacity() == 1U);
  client.receive(frame(settings, none, 0, setting(max_concurrent_streams, 0)));
  BOOST_TEST(client.streams.capacity() == 0U);
  client.receive(frame(settings, none, 0, setting(max_concurrent_streams, 1000)));
  BOOST_TEST(client.streams.capacity() == 31U);
}

BOOST_AUTO_TEST_CASE(a_connection_without_further_ids_is_drained) {
  constexpr std::uint32_t first = max_id - 4;
  Client client(first);
  client.begin();
  BOOST_TEST(client.streams.capacity() == 3U);
  for (int i = 0; i < 3; ++i) client.send();
  BOOST_TEST(client.streams.capacity() == 0U);
  BOOST_TEST(client.streams.draining());
  client.receive(answer(first) + answer(first + 2) + answer(first + 4));
  for (const auto& exchange : client.exchanges) BOOST_TEST(exchange.answer.delivery == Delivery::answered);
}

BOOST_AUTO_TEST_CASE(bodies_wait_for_the_peers_windows) {
  Client client;
  client.begin(setting(initial_window_size, 0) + setting(header_table_size, 0));
  client.output.clear();
  const auto& exchange = client.send("0123456789");
  BOOST_TEST(count(client.output, headers) == 1U);
  BOOST_TEST(count(client.output, data) == 0U);
  client.receive(frame(settings, none, 0, setting(initial_window_size, 4)));
  client.hand_over();
  client.receive(frame(window_update, none, 1, u32(6)));
  client.hand_over();
  BOOST_TEST(count(client.output, data) == 2U);
  BOOST_TEST(client.output.find("0123") != std::string::npos);
  BOOST_TEST(client.output.find("456789") != std::string::npos);
  client.receive(answer(1));
  BOOST_TEST(exchange.answer.delivery == Delivery::answered);
}

BOOST_AUTO_TEST_CASE(settings_that_are_not_allowed_break_the_connection) {
  for (const std::string& wrong : {setting(max_frame_size, 0), setting(initial_window_size, 0x80000000U)}) {
    Client client;
    client.begin(wrong);
    BOOST_TEST(client.streams.broken());
    BOOST_TEST(!client.streams.speaks_http1());
  }
}

BOOST_AUTO_TEST_CASE(what_never_left_is_not_applied) {
  Client client;
  client.begin();
  const auto& sent = client.send();
  const auto& unsent = client.send("{}", false);
  const auto& also_unsent = client.send("{}", false);
  client.streams.end("closed");
  BOOST_TEST(sent.answer.delivery == Delivery::lost);
  BOOST_TEST(unsent.answer.delivery == Delivery::not_sent);
  BOOST_TEST(also_unsent.answer.delivery == Delivery::not_sent);
  BOOST_TEST(client.streams.output().empty());
}

BOOST_AUTO_TEST_CASE(a_request_of_which_one_byte_left_may_have_been_applied) {
  Warm client;
  const auto& first = client.send("{}", false);
  const auto& second = client.send("{}", false);
  BOOST_TEST_REQUIRE(!client.streams.output().empty());
  client.streams.handed(1);
  client.streams.end("closed");
  BOOST_TEST(first.answer.delivery == Delivery::stale);
  BOOST_TEST(second.answer.delivery == Delivery::refused);
}

BOOST_AUTO_TEST_CASE(a_service_that_never_answers_is_not_asked_again_at_once) {
  Client client;
  client.begin();
  const auto& exchange = client.send();
  client.receive(go_away(0));
  BOOST_TEST(exchange.answer.delivery == Delivery::not_sent);
}

BOOST_AUTO_TEST_CASE(a_broken_connection_is_one_failure) {
  Client client;
  client.begin();
  for (int i = 0; i < 5; ++i) client.send();
  client.streams.end("closed");
  int failures = 0;
  for (const auto& exchange : client.exchanges) {
    BOOST_TEST(exchange.answer.delivery == Delivery::lost);
    if (!exchange.answer.companion) ++failures;
  }
  BOOST_TEST(failures == 1);
}

BOOST_AUTO_TEST_CASE(resets_of_single_requests_are_failures_of_their_own) {
  Client client;
  client.begin();
  client.send();
  client.send();
  client.receive(reset(1, internal_error) + reset(3, internal_error));
  for (const auto& exchange : client.exchanges) BOOST_TEST(!exchange.answer.companion);
}

BOOST_AUTO_TEST_CASE(answers_below_the_last_id_of_goaway_are_taken) {
  Warm client;
  const auto& below = client.send();
  const auto& above = client.send();
  client.receive(go_away(3));
  BOOST_TEST(client.streams.draining());
  BOOST_TEST(client.streams.capacity() == 0U);
  BOOST_TEST(!client.finished(below));
  BOOST_TEST(above.answer.delivery == Delivery::refused);
  client.receive(answer(3));
  BOOST_TEST(below.answer.delivery == Delivery::answered);
  BOOST_TEST(!client.streams.broken());
}

BOOST_AUTO_TEST_CASE(a_first_goaway_refuses_nothing) {
  Warm client;
  const auto& exchange = client.send();
  client.receive(go_away(max_id));
  BOOST_TEST(client.streams.draining());
  BOOST_TEST(!client.finished(exchange));
  client.receive(answer(3));
  BOOST_TEST(exchange.answer.delivery == Delivery::answered);
}

BOOST_AUTO_TEST_CASE(a_goaway_without_requests_in_flight_drains) {
  Warm client;
  client.receive(go_away(1));
  BOOST_TEST(client.streams.draining());
  BOOST_TEST(!client.streams.broken());
  BOOST_TEST(client.streams.capacity() == 0U);
}

BOOST_AUTO_TEST_CASE(demands_for_http1_are_noticed) {
  for (const std::string& demand : {go_away(0, http_1_1_required), reset(1, http_1_1_required),
                                    go_away(0, inadequate_security), reset(1, inadequate_security)}) {
    Client client;
    client.begin();
    client.send();
    client.receive(demand);
    BOOST_TEST(client.streams.wants_http1());
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_speaks_http1_is_recognised) {
  for (const bool in_pieces : {false, true}) {
    Client client;
    client.in_pieces = in_pieces;
    client.hand_over();
    client.receive("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST_REQUIRE(client.streams.broken());
    BOOST_TEST(client.streams.speaks_http1());
  }
}

BOOST_AUTO_TEST_CASE(an_answer_to_what_was_not_sent_breaks_the_connection) {
  for (const std::string& bytes : {answer(3), reset(3, refused_stream)}) {
    Warm client;
    const auto& exchange = client.send("{}", false);
    BOOST_TEST_REQUIRE(!client.streams.output().empty());
    client.receive(bytes);
    BOOST_TEST(client.streams.broken());
    // It was not sent, and will not be.
    BOOST_TEST(exchange.answer.delivery == Delivery::refused);
    BOOST_TEST(client.streams.output().empty());
  }
}

BOOST_AUTO_TEST_CASE(the_deadline_of_one_exchange_ends_it_alone) {
  Client client;
  client.begin();
  const auto& late = client.send();
  const auto& other = client.send();
  client.output.clear();
  client.streams.expire(client.records[0], "no answer");
  BOOST_TEST(client.finished(late));
  BOOST_TEST(late.answer.delivery == Delivery::lost);
  BOOST_TEST(late.answer.error == "no answer");
  BOOST_TEST(!client.finished(other));
  client.hand_over();
  BOOST_TEST(count(client.output, rst_stream) == 1U);
  // What the peer had sent before is ignored.
  client.receive(answer(1) + answer(3));
  BOOST_TEST(other.answer.delivery == Delivery::answered);
  BOOST_TEST(client.streams.finished().size() == 2U);
}

BOOST_AUTO_TEST_CASE(after_too_many_deadlines_the_connection_is_drained_and_nothing_more_is_reset) {
  Client client;
  client.begin();
  constexpr unsigned more = 4;
  for (unsigned i = 0; i < net::Http2Streams::max_resets + more; ++i) client.send();
  client.output.clear();
  for (auto& record : client.records) client.streams.expire(record, "no answer");
  client.hand_over();
  BOOST_TEST(count(client.output, rst_stream) == net::Http2Streams::max_resets);
  BOOST_TEST(client.streams.draining());
  BOOST_TEST(client.streams.in_flight() == 0U);
  for (const auto& exchange : client.exchanges) BOOST_TEST(exchange.answer.delivery == Delivery::lost);
}

BOOST_AUTO_TEST_CASE(an_expired_request_that_was_not_sent_completely_sends_nothing_more) {
  Client client;
  client.begin(setting(initial_window_size, 1));
  auto& exchange = client.send("0123456789");
  client.output.clear();
  client.streams.expire(client.records[0], "no answer");
  exchange.request = http::Request();
  client.receive(frame(window_update, none, 1, u32(100)));
  client.hand_over();
  BOOST_TEST(count(client.output, rst_stream) == 1U);
  BOOST_TEST(count(client.output, data) == 0U);
}

BOOST_AUTO_TEST_CASE(giving_up_on_the_connection_makes_everything_doubtful) {
  Warm client;
  const auto& sent = client.send();
  client.streams.give_up("no sign of life");
  BOOST_TEST(sent.answer.delivery == Delivery::lost);
  BOOST_TEST(sent.answer.error == "no sign of life");
}

BOOST_AUTO_TEST_CASE(pings_are_answered_and_floods_end_the_connection) {
  Client client;
  client.begin();
  client.output.clear();
  client.receive(frame(ping, none, 0, "12345678"));
  client.hand_over();
  BOOST_TEST(count(client.output, ping) == 1U);
  // They are answered only as far as the peer reads.
  const std::string one = frame(ping, none, 0, "12345678");
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += one;
  client.receive(flood);
  BOOST_TEST(client.streams.broken());
}

BOOST_AUTO_TEST_CASE(continuations_are_bounded_and_may_arrive_byte_by_byte) {
  for (const bool in_pieces : {false, true}) {
    Client client;
    client.in_pieces = in_pieces;
    client.begin();
    const auto& exchange = client.send();
    client.receive(frame(headers, none, 1, status("200")) + frame(continuation, end_headers, 1, field("date", "D")) +
                   body(1, "{}"));
    BOOST_TEST(exchange.answer.delivery == Delivery::answered);
    const auto& flooded = client.send();
    client.receive(frame(headers, none, 3, status("200")));
    for (int i = 0; i < 1000 && !client.streams.broken(); ++i) client.receive(frame(continuation, none, 3));
    BOOST_TEST(client.streams.broken());
    BOOST_TEST(flooded.answer.delivery == Delivery::lost);
  }
}

BOOST_AUTO_TEST_CASE(values_that_do_not_repeat_stay_out_of_the_peers_table) {
  Client client;
  client.begin();
  client.send();
  client.send();
  client.output.clear();
  client.send();
  // Each request repeats all fields but one, which must not displace them.
  const std::size_t early = client.output.size();
  for (int i = 0; i < 200; ++i) {
    const auto& exchange = client.send();
    client.receive(answer(static_cast<std::uint32_t>(2 * client.exchanges.size() - 1)));
    BOOST_TEST_REQUIRE(exchange.answer.delivery == Delivery::answered);
  }
  client.output.clear();
  client.send();
  constexpr std::size_t longer_numbers = 2;
  BOOST_TEST(client.output.size() <= early + longer_numbers);
}

BOOST_AUTO_TEST_CASE(what_the_socket_has_not_taken_yet_is_unsent) {
  Client client;
  client.begin();
  BOOST_TEST(!client.streams.has_unsent());
  client.send(R"({"name":"x"})", false);
  BOOST_TEST(client.streams.has_unsent(), "not serialised");
  const auto bytes = client.streams.output();
  client.streams.handed(bytes.size() - 1);
  BOOST_TEST(client.streams.has_unsent(), "not handed over in full");
  client.hand_over();
  BOOST_TEST(!client.streams.has_unsent(), "in flight, and on its way");
  client.send("", false);
  BOOST_TEST(client.streams.has_unsent(), "without a body, not serialised");
}

BOOST_AUTO_TEST_CASE(a_body_that_waits_for_the_peers_window_is_unsent) {
  Client client;
  client.begin(setting(initial_window_size, 3));
  client.send("12345");
  BOOST_TEST(client.streams.has_unsent());
  client.receive(frame(window_update, none, 1, u32(10)));
  client.hand_over();
  BOOST_TEST(!client.streams.has_unsent());
}

BOOST_AUTO_TEST_SUITE_END()
