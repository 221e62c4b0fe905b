#pragma once
#include "koobatch/net/asio.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace koobatch::test {

/// Accepts connections on a free loopback port and serves each by a coroutine, all of them on one thread of its own.
class LoopbackServer {
 public:
  using SocketPtr = std::shared_ptr<net::Socket>;
  /// Serves one connection, the `number`th from 0. Runs on the server's thread, and ends when its sockets are closed.
  using Session = std::function<net::Awaitable<void>(SocketPtr socket, std::size_t number)>;

  explicit LoopbackServer(Session session);
  /// Closes all connections and waits for their sessions.
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_; }

  /// From now on nobody takes connections off the listening socket's queue.
  void stop_accepting();
  /// Takes them again, those that waited included.
  void accept_again();
  /// Closes the connections there are, and what sessions made, and does `change` before any other is served.
  void close_connections(const std::function<void()>& change);

  /// For sessions: another socket, closed with the server.
  SocketPtr make_socket();
  net::asio::io_context& context() { return context_; }

 private:
  void accept();
  void accepted(net::Socket socket);
  void close_sockets();
  /// Does it on the server's thread, and waits until it is done.
  template <class Action>
  void on_thread(Action action);

  const Session session_;
  net::asio::io_context context_{1};
  using Acceptor = net::asio::basic_socket_acceptor<net::asio::ip::tcp, net::Executor>;
  Acceptor acceptor_{context_, {net::asio::ip::address_v4::loopback(), 0}};
  const std::uint16_t port_ = acceptor_.local_endpoint().port();
  net::asio::executor_work_guard<net::Executor> work_{context_.get_executor()};
  std::vector<std::weak_ptr<net::Socket>> sockets_;
  std::atomic<std::size_t> connections_{0};
  std::thread thread_;
};

/// Closes so that the peer sees a reset, not an end.
void reset(net::Socket& socket);
/// Waits, on the thread of `context`.
net::Awaitable<void> pause(net::asio::io_context& context, std::chrono::microseconds duration);
/// Writes all of it; false if the peer is gone.
net::Awaitable<bool> write_all(net::Socket& socket, std::string_view bytes);

}  // namespace koobatch::test
