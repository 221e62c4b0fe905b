#pragma once
#include "loopback_server.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// How a scripted server handles one request.
struct Reply {
  enum class Then {
    keep_open,
    close,
    reset,
    hang,   ///< nothing more, until the client closes
    flood,  ///< the last bytes over and over, until the client closes
  };
  std::string bytes{};  ///< sent verbatim
  Then then = Then::keep_open;
  bool unread = false;                         ///< waits for the request, but reads none of it before the end
  std::chrono::milliseconds between_bytes{0};  ///< not 0: one byte at a time
  std::string later{};                         ///< sent 20 ms after the rest
  std::chrono::milliseconds idle{0};           ///< not 0: how long after the rest `then` happens
  std::function<void()> before{};              ///< called when the request has arrived
};

/// A raw TCP server: the Nth request, on any connection, gets the Nth reply, and all later ones the answer of a healthy
/// service, so that recovery shows. It speaks HTTP/2 to a client that begins with it: replies are translated, and
/// only `bytes`, `then` (without `flood`) and `before` count.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Reply> replies = {}, const net::asio::ip::tcp::endpoint& at = local("127.0.0.1"));

  std::string url() const { return server_.url(); }
  std::uint16_t port() const { return server_.port(); }
  /// Requests received, whatever the reply.
  std::size_t requests() const { return requests_; }
  std::size_t connections() const { return server_.connections(); }
  /// Bytes sent by all floods.
  std::size_t flooded() const { return flooded_; }

 private:
  const Reply& next_reply();
  net::Awaitable<void> serve(LoopbackServer::SocketPtr socket);
  net::Awaitable<void> serve_http2(LoopbackServer::SocketPtr socket);
  net::Awaitable<bool> answer(LoopbackServer::SocketPtr socket, const Reply& reply);
  net::Awaitable<void> flood(LoopbackServer::SocketPtr socket, std::string_view bytes);

  const std::vector<Reply> replies_;
  std::size_t next_ = 0;  ///< reply; on the server's thread
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> flooded_{0};
  LoopbackServer server_;  // last: its thread uses the others
};

/// A complete answer with a Content-Length. `headers`: complete lines.
std::string http_answer(int status, std::string_view body, std::string_view headers = {});
/// The documented success.
std::string success(std::string_view headers = {});

}  // namespace koobatch::test
