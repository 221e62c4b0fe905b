#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace koobatch::http {

/// The largest body of an answer to an operation.
constexpr std::size_t max_body_bytes = std::size_t{64} * 1024;

/// How far an exchange got on the wire.
enum class Delivery : std::uint8_t {
  answered,    ///< a complete HTTP answer was read
  not_sent,    ///< no byte of the request can have reached the service
  refused,     ///< certainly not read, by a service that had answered on that connection: again at once
  overloaded,  ///< certainly not read, because the service receives too much
  stale,       ///< a reused connection was closed before any byte of an answer, or the like
  lost,        ///< sent, but no complete answer arrived: reset, timeout, unreadable HTTP
};

/// The outcome of one exchange. The strings keep their capacity from one exchange to the next.
struct Answer {
  Delivery delivery = Delivery::not_sent;
  int http = 0;  ///< status, when answered
  std::string body;
  std::string retry_after;       ///< header value; empty: absent
  std::string location;          ///< header value; empty: absent
  std::string date;              ///< header value; empty: absent
  std::string content_type;      ///< header value; empty: absent
  std::string content_encoding;  ///< header value; empty: absent
  std::string rate_limits;  ///< header fields about rate limits, a line "name: value" for each; empty: there are none
  std::string error;        ///< why there is no answer, for people
  bool garbled = false;     ///< of a lost one: bytes of an answer arrived, but no complete and valid one
  /// Failed for the same cause as another exchange, which reports it: one broken connection is one failure.
  bool companion = false;
  std::size_t most_body = max_body_bytes;  ///< a larger body is a fault; set before the exchange, and kept

  void clear() {
    delivery = Delivery::not_sent;
    http = 0;
    body.clear();
    retry_after.clear();
    location.clear();
    date.clear();
    content_type.clear();
    content_encoding.clear();
    rate_limits.clear();
    error.clear();
    garbled = companion = false;
  }
};

}  // namespace koobatch::http
