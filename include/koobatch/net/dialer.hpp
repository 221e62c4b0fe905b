#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/net/address_memory.hpp"
#include "koobatch/net/deadline_timer.hpp"
#include "koobatch/net/exchange.hpp"
#include "koobatch/net/http_choice.hpp"
#include "koobatch/net/send_gate.hpp"
#include "koobatch/net/tls_peer.hpp"
#include "koobatch/net/turns.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace koobatch::net {

/// What all connections of one thread share. Must outlive them.
struct Dialer {
  http::Endpoint endpoint;
  std::optional<http::Endpoint> proxy;  ///< leads to the endpoint
  asio::ssl::context* tls = nullptr;    ///< null: plain TCP
  HttpChoice http = HttpChoice::http1;
  std::size_t streams = 1;  ///< the maximum number of exchanges in flight on an HTTP/2 connection
  Duration connect_timeout = std::chrono::seconds(5);
  Duration exchange_timeout = std::chrono::seconds(30);
  SendGate* gate = nullptr;  ///< asked before each exchange; null: none
  /// How long bytes may remain unacknowledged by the peer's kernel before the connection is reset. Connections are then
  /// also reset when they are closed, so that nothing is delivered after that. Nothing: the system's defaults.
  std::optional<Duration> delivery_limit;
  DeadlineTimer* deadlines = nullptr;
  Turns* turns = nullptr;

  /// The addresses last resolved, so that a new connection need not resolve again each time.
  std::vector<Address> addresses;
  TimePoint resolve_after = TimePoint::min();  ///< when the addresses expire
  AddressMemory memory;
  std::uint32_t generation = 0;  ///< connections opened in an earlier generation are not reused
  unsigned open = 0;             ///< connections that are open now
  TlsPast tls_past;
  bool http1_only = false;  ///< the service was found to speak, or demanded, HTTP/1.1

  /// Where the socket connects to.
  const http::Endpoint& next_hop() const { return proxy ? *proxy : endpoint; }
  /// Asks the gate, if there is one. True: the exchange is over, and nothing of it may be sent.
  bool withholds(Exchange& exchange) const { return gate != nullptr && turn_away(*gate, exchange); }
  /// Whether new connections offer HTTP/2.
  bool offers_http2() const { return !http1_only && net::offers_http2(http, tls != nullptr); }
  /// Makes the next connection resolve again, as the name may lead elsewhere by now.
  void resolve_anew() { resolve_after = TimePoint::min(); }
  /// Called when the service is down: open connections may lead to a node that stays down, and are not reused.
  void distrust() {
    ++generation;
    resolve_anew();
  }
};

}  // namespace koobatch::net
