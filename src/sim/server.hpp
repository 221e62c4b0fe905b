#pragma once
#include "sim/simulation.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

namespace koobatch::sim {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<Steady, boost::asio::wait_traits<Steady>, Executor>;
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

/// A connection as seen by the server.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Closes immediately: any pending wait ends with an error.
  virtual void close() = 0;
};

/// Accepts connections and runs a coroutine for each, all on the thread that runs the io_context.
class Server {
 public:
  /// `acceptor` must be listening. `tls` may be null. Both contexts must outlive the server, and the server must
  /// outlive the io_context's run(), which returns some time after stop(), when there is nothing left to do.
  Server(boost::asio::io_context& io, Acceptor acceptor, boost::asio::ssl::context* tls, Simulation& simulation);
  void start();
  /// Ends every connection and every task. To be called on the io_context's thread.
  void stop();

  Simulation& simulation() { return simulation_; }
  void add(Connection& connection) { connections_.insert(&connection); }
  void remove(Connection& connection);
  /// Closes `connection` at `deadline` unless it was removed or pardoned by then: the limit on everything that depends
  /// on the client's cooperation.
  void close_at(Connection& connection, TimePoint deadline) { deadlines_[&connection] = deadline; }
  void pardon(Connection& connection) { deadlines_.erase(&connection); }

 private:
  Task<> accept();
  Task<> keep_house();
  void welcome(Socket socket);

  boost::asio::io_context& io_;
  Acceptor acceptor_;
  Timer accept_pause_, tick_;
  boost::asio::ssl::context* tls_;
  Simulation& simulation_;
  boost::unordered_flat_set<Connection*> connections_;
  boost::unordered_flat_map<Connection*, TimePoint> deadlines_;
  bool stopping_ = false;
};

}  // namespace koobatch::sim
