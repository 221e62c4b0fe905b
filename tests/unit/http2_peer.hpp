#pragma once
#include "net/http2_streams.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

/// Raw frames, and a connection that is driven with them.
namespace http2 {

using namespace koobatch;

enum Type : std::uint8_t {
  data = 0,
  headers = 1,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};
enum Flag : std::uint8_t { none = 0, ack = 1, end_stream = 1, end_headers = 4, padded = 8 };
enum Code : std::uint32_t {
  no_error = 0,
  protocol_error = 1,
  internal_error = 2,
  refused_stream = 7,
  cancel = 8,
  enhance_your_calm = 11,
  inadequate_security = 12,
  http_1_1_required = 13,
};
constexpr std::uint32_t max_id = 0x7fffffff;

inline std::string u32(std::uint64_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> static_cast<unsigned>(shift));
  return out;
}

inline std::string frame(Type type, unsigned flags, std::uint32_t id, std::string_view payload = {}) {
  std::string out = u32(payload.size()).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out.append(u32(id)).append(payload);
}

/// A header field that is not indexed (RFC 7541, 6.2.2). Precondition: both are shorter than 127 bytes.
inline std::string field(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  return out.append(value);
}

inline std::string status(std::string_view code) {
  if (code == "200") return "\x88";
  return std::string("\x08\x03").append(code);
}

inline std::string setting(std::uint16_t id, std::uint32_t value) {
  return u32(id).substr(2) + u32(value);
}
constexpr std::uint16_t header_table_size = 1;
constexpr std::uint16_t max_concurrent_streams = 3;
constexpr std::uint16_t initial_window_size = 4;
constexpr std::uint16_t max_frame_size = 5;

inline std::string head(std::uint32_t id, std::string_view code = "200", unsigned flags = end_headers) {
  return frame(headers, flags, id, status(code));
}
inline std::string body(std::uint32_t id, std::string_view text) {
  return frame(data, end_stream, id, text);
}
inline std::string answer(std::uint32_t id, std::string_view text = "{}") {
  return head(id) + body(id, text);
}
inline std::string reset(std::uint32_t id, Code code) {
  return frame(rst_stream, none, id, u32(code));
}
inline std::string go_away(std::uint32_t id, Code code = no_error, std::string_view text = {}) {
  return frame(goaway, none, 0, u32(id) + u32(code) + std::string(text));
}

/// A client's connection, and what it was told of its exchanges.
struct Client {
  explicit Client(std::int32_t first_id = 1) : streams(endpoint, 32, first_id) {}

  const http::Endpoint endpoint{true, "koo.example", "443", "koo.example"};
  net::Http2Streams streams;
  http::CommonFields common{{{"Host", "koo.example"}, {"User-Agent", "test"}}};
  std::deque<net::Exchange> exchanges;
  std::deque<net::Http2Stream> records;
  std::string output;      ///< everything that was handed to the socket
  bool in_pieces = false;  ///< whether bytes arrive one by one

  /// The peer's first frames, by which the client may begin.
  void begin(std::string_view its_settings = {}) {
    hand_over();
    receive(frame(settings, none, 0, its_settings) + frame(settings, ack, 0));
    hand_over();
  }
  /// Submits a request, and hands it to the socket unless told otherwise. Returns its exchange.
  net::Exchange& send(std::string_view text = R"({"name":"x"})", bool hand = true) {
    auto& exchange = exchanges.emplace_back();
    static constexpr http::FieldName trace("X-Traceid");
    exchange.request.start("PATCH", "/a/b", common);
    exchange.request.add(trace, std::to_string(exchanges.size()));
    exchange.request.end(text);
    streams.submit(records.emplace_back(), exchange);
    if (hand) hand_over();
    return exchange;
  }
  void hand_over() {
    const std::string_view bytes = streams.output();
    output += bytes;
    streams.handed(bytes.size());
  }
  void receive(std::string_view bytes) {
    if (!in_pieces) {
      streams.receive(bytes);
    } else {
      for (std::size_t i = 0; i < bytes.size(); ++i) streams.receive(bytes.substr(i, 1));
    }
  }
  /// Whether the exchange has ended.
  bool finished(const net::Exchange& exchange) {
    for (const auto* stream : streams.finished()) {
      if (stream->exchange == &exchange) return true;
    }
    return false;
  }
};

/// How many frames of that type are in `bytes`, which begin at a frame's first byte.
inline std::size_t count(std::string_view bytes, Type type) {
  std::size_t found = 0;
  while (bytes.size() >= 9) {
    std::size_t size = 0;
    for (int i = 0; i < 3; ++i) size = size * 256 + static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    if (bytes[3] == static_cast<char>(type)) ++found;
    bytes.remove_prefix(std::min(bytes.size(), size + 9));
  }
  return found;
}

}  // namespace http2
