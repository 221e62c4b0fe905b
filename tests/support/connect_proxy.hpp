#pragma once
#include "loopback_server.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace koobatch::test {

/// An HTTP proxy that knows nothing but CONNECT, and keeps what it saw.
class ConnectProxy {
 public:
  /// Sends everybody who asks to `port` of this machine, whatever host they name. `refusal`: what it answers instead,
  /// as it is; `hang`: it answers nothing.
  struct Behaviour {
    std::string refusal{};
    bool hang = false;
  };
  explicit ConnectProxy(Behaviour behaviour);
  ConnectProxy() : ConnectProxy(Behaviour{}) {}

  std::string url() const { return server_.url(); }
  /// What was said to the proxy itself: one head for each connection.
  std::vector<std::string> heads() const;
  /// All bytes that came from clients, those to the proxy and those through it.
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
