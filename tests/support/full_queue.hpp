#pragma once
#include "loopback_server.hpp"

#include <sys/socket.h>

#include <string>
#include <vector>

namespace koobatch::test {

/// A listening socket with a full queue that accepts nothing: clients that connect are kept waiting.
class FullQueue {
 public:
  explicit FullQueue(const net::asio::ip::tcp::endpoint& at = local("127.0.0.1")) {
    acceptor_.open(at.protocol());
    acceptor_.set_option(net::asio::socket_base::reuse_address(true));
    acceptor_.bind(at);
    acceptor_.listen(0);
    const auto endpoint = acceptor_.local_endpoint();
    for (int i = 0; i < 8; ++i) {
      auto& socket = waiting_.emplace_back(context_);
      socket.open(at.protocol());
      socket.non_blocking(true);
      // Not Asio's connect, which would block.
      ::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    }
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  net::asio::io_context context_;
  net::asio::ip::tcp::acceptor acceptor_{context_};
  std::vector<net::asio::ip::tcp::socket> waiting_;
};

}  // namespace koobatch::test
