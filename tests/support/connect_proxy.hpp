#pragma once
#include "loopback_server.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace koobatch::test {

/// An HTTP proxy that supports only CONNECT, and records what it received.
class ConnectProxy {
 public:
  /// Connects every client to `port` of this machine, whatever host it names. `refusal`: sent instead, verbatim;
  /// `hang`: it does not answer.
  struct Behaviour {
    std::string refusal{};
    bool hang = false;
  };
  explicit ConnectProxy(Behaviour behaviour, const net::asio::ip::tcp::endpoint& at = local("127.0.0.1"));
  ConnectProxy() : ConnectProxy(Behaviour{}) {}

  std::string url() const { return server_.url(); }
  std::uint16_t port() const { return server_.port(); }
  /// The requests to the proxy itself: one head per connection.
  std::vector<std::string> heads() const;
  /// All bytes received from clients, to the proxy and through it.
  std::string seen() const;

 private:
  net::Awaitable<void> serve(LoopbackServer::SocketPtr client);
  net::Awaitable<void> pump(LoopbackServer::SocketPtr from, LoopbackServer::SocketPtr to, bool keep);

  const Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::string seen_;
  LoopbackServer server_;  // last: its thread uses the others
};

}  // namespace koobatch::test
