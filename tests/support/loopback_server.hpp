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

/// An address of this machine; port 0: a free one.
net::asio::ip::tcp::endpoint local(const std::string& address, std::uint16_t port = 0);

/// Accepts connections on a loopback port (by default a free one of 127.0.0.1) and serves each with a coroutine, all on
/// one thread of its own.
class LoopbackServer {
 public:
  using SocketPtr = std::shared_ptr<net::Socket>;
  /// Serves one connection, the `number`th from 0. Runs on the server's thread, and ends when its sockets are closed.
  using Session = std::function<net::Awaitable<void>(SocketPtr socket, std::size_t number)>;

  explicit LoopbackServer(Session session, const net::asio::ip::tcp::endpoint& at = local("127.0.0.1"));
  /// Closes all connections and waits for their sessions.
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// An http URL.
  std::string url() const;
  std::uint16_t port() const { return at_.port(); }
  std::size_t connections() const { return connections_; }

  /// From now on connections stay in the listening socket's queue.
  void stop_accepting();
  /// Accepts connections again, including those that waited.
  void accept_again();
  /// Closes all connections and all sockets made by sessions, and calls `change` before the next one is served.
  void close_connections(const std::function<void()>& change);

  /// For sessions: makes another socket, closed with the server.
  SocketPtr make_socket();
  net::asio::io_context& context() { return context_; }

 private:
  void accept();
  void accepted(net::Socket socket);
  void close_sockets();
  /// Calls `action` on the server's thread, and waits until it has returned.
  template <class Action>
  void on_thread(Action action);

  const Session session_;
  net::asio::io_context context_{1};
  using Acceptor = net::asio::basic_socket_acceptor<net::asio::ip::tcp, net::Executor>;
  Acceptor acceptor_;
  const net::asio::ip::tcp::endpoint at_ = acceptor_.local_endpoint();
  net::asio::executor_work_guard<net::Executor> work_{context_.get_executor()};
  std::vector<std::weak_ptr<net::Socket>> sockets_;
  std::atomic<std::size_t> connections_{0};
  std::thread thread_;
};

/// Closes the socket so that the peer sees a reset instead of an end.
void reset(net::Socket& socket);
/// Waits on the thread of `context`.
net::Awaitable<void> pause(net::asio::io_context& context, std::chrono::microseconds duration);
/// Writes all bytes; false if the peer has closed.
net::Awaitable<bool> write_all(net::Socket& socket, std::string_view bytes);

}  // namespace koobatch::test
