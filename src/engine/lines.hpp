#pragma once
#include "engine/attempt_judge.hpp"
#include "engine/idle_slots.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/net/exchange.hpp"
#include "koobatch/net/session.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace koobatch::engine {

struct Line;

/// A connection and the lines that share it.
struct Connection {
  std::unique_ptr<net::Session> session;
  std::size_t index = 0;
  unsigned failures = 0;  ///< consecutive answers with HTTP 5xx
  std::vector<std::unique_ptr<Line>> lines;
  IdleSlots::Aside full;  ///< lines whose exchanges do not fit on it
};

/// One exchange at a time on a connection, and the slot it is for.
struct Line {
  explicit Line(Connection& c) : connection(c), session(*c.session) {}

  Connection& connection;
  net::Session& session;
  flow::Seat seat;
  net::Exchange exchange;
  koodrive::Outcome outcome;
  SentRequest sent;
};

/// How many connections a worker has, and how many lines share one.
struct LineCounts {
  std::size_t connections = 1;
  std::size_t http2_connections = 1;  ///< used at most while the service speaks HTTP/2
  std::size_t streams = 1;            ///< lines of an HTTP/2 connection

  std::size_t http2_lines() const { return http2_connections * streams; }
};

/// A worker's connections and lines. HTTP/1.1 needs one line a connection and many connections, HTTP/2 the opposite:
/// the lines that only HTTP/2 uses are made when a connection has agreed on it, and the connections that only HTTP/1.1
/// uses are set aside meanwhile.
class Lines {
 public:
  /// `context`, `dialer` and `idle` must outlive it.
  Lines(net::asio::io_context& context, net::Dialer& dialer, IdleSlots& idle, const LineCounts& counts);
  ~Lines();

  /// Calls `start` for each line. To be called once; later lines are started by it, too.
  void start(std::function<void(Line&)> start);
  /// Handles an attempt to open the connection having ended.
  void open_ended(Connection& connection, net::Session::Opened opened);
  /// Whether the connection is one too many for HTTP/2.
  bool is_spare(const Connection& connection) const { return http2_ && connection.index >= counts_.http2_connections; }
  /// Waits until connections of its kind are used again.
  net::Awaitable<void> spare() { return idle_.set_aside(spare_); }
  /// Waits until there may be room on the connection.
  net::Awaitable<void> wait_for_room(Connection& connection) { return idle_.set_aside(connection.full); }
  /// Lets all that were set aside look again, without waking them.
  void readmit();
  /// Handles the end of an exchange: lines that wait may find room again.
  void exchange_ended(Connection& connection) {
    if (connection.full.empty() || connection.session->capacity() < 2) return;
    idle_.readmit(connection.full);
    idle_.wake_one();
  }
  void withdraw();
  void close();
  /// The number of lines, as the protocol is.
  std::size_t in_use() const { return http2_ ? counts_.http2_lines() : counts_.connections; }

 private:
  void add_line(Connection& connection);

  IdleSlots& idle_;
  const LineCounts counts_;
  std::function<void(Line&)> start_;
  std::vector<std::unique_ptr<Connection>> connections_;
  IdleSlots::Aside spare_;
  bool http2_ = false;  ///< the last connection agreed on it
};

}  // namespace koobatch::engine
