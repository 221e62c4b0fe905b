#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/outcome.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_queue.hpp"
#include "koobatch/net/endpoint.hpp"
#include "koobatch/net/response.hpp"
#include "koobatch/net/tls_peer.hpp"
#include "koobatch/net/turns.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::net {

/// What all connections of one thread have in common. Must outlive them.
struct Dialer {
  Endpoint endpoint;
  std::optional<Endpoint> proxy;      ///< the way to it
  asio::ssl::context* tls = nullptr;  ///< null: plain TCP
  Duration connect_timeout = std::chrono::seconds(5);
  Duration exchange_timeout = std::chrono::seconds(30);
  DeadlineQueue* deadlines = nullptr;
  Turns* turns = nullptr;

  /// The addresses last found, so that a new connection does not ask the resolver again each time.
  std::vector<asio::ip::tcp::endpoint> addresses;
  TimePoint resolve_after = TimePoint::min();  ///< until then they are believed
  unsigned open = 0;                           ///< connections that are open now
  TlsPast tls_past;

  /// Where the socket is connected to.
  const Endpoint& next_hop() const { return proxy ? *proxy : endpoint; }
};

/// One keep-alive connection: opens, exchanges, closes. All of it on the thread of its io_context. Every operation ends
/// by its time-out at the latest; after anything but a complete answer the connection is closed.
class Connection : private Deadline {
 public:
  enum class Opened {
    yes,
    no,  ///< not now; `answer.error` says why
    /// Not now, because this machine lacks descriptors, ports or memory, which says nothing about the service; others
    /// are open and can do the work.
    no_room,
    never,  ///< as `no`, but trying again cannot help: a certificate was refused, or there is no TLS to agree on
  };

  Connection(asio::io_context& context, Dialer& dialer);
  ~Connection() override;

  Awaitable<Opened> open(flow::Answer& answer);
  /// Writes `request` and reads the answer. `request` must live until this ends.
  Awaitable<void> exchange(std::string_view request, flow::Answer& answer);

  // After an exchange: when it began on the wire, and when it ended.
  TimePoint sent_at() const { return sent_at_; }
  TimePoint ended_at() const { return last_used_; }

  /// After no_room: ends when it is worth another try.
  Awaitable<void> wait_for_room();

  bool is_open() const { return open_; }
  /// After an exchange: the service turned down our certificate, or demands one. `answer.error` says so, nothing of the
  /// request was read, and trying again cannot help.
  bool refused() const { return refused_; }
  /// The service asked for a client certificate when this was opened, and got none.
  bool lacks_certificate() const { return peer_.wanted_certificate(); }
  /// Should this idle connection be used again? Closes it if the peer did, or sent something nobody asked for.
  bool still_usable(TimePoint now);
  void close();

 private:
  using TlsStream = asio::ssl::stream<Socket&>;

  void expire() override;
  void set_open(bool open);
  Awaitable<Opened> attempt_open(flow::Answer& answer);
  Awaitable<bool> resolve(flow::Answer& answer);
  Awaitable<bool> tunnel(flow::Answer& answer);
  Awaitable<Opened> handshake(flow::Answer& answer);
  template <class Stream>
  Awaitable<void> exchange_on(Stream& stream, std::string_view request, flow::Answer& answer);
  static boost::system::error_code write_at_once(Socket& socket, std::string_view& bytes);
  static boost::system::error_code write_at_once(TlsStream& stream, std::string_view& bytes);
  asio::mutable_buffer free_room();
  bool take(boost::system::error_code& error, std::size_t count);
  bool consider_refusal(const boost::system::error_code& error, flow::Answer& answer);
  void conclude(const boost::system::error_code& error, bool reused, flow::Answer& answer);

  asio::io_context& context_;
  Dialer& dialer_;
  Socket socket_;
  TlsPeer peer_;
  std::optional<TlsStream> tls_;
  Resolver resolver_;
  ResponseReader reader_;
  std::array<char, 32 * 1024> buffer_;
  std::size_t filled_ = 0;  ///< of it, with bytes that are not understood yet
  TimePoint sent_at_;
  TimePoint last_used_;
  bool open_ = false;
  bool used_ = false;  ///< has carried a whole exchange
  bool timed_out_ = false;
  bool refused_ = false;
};

}  // namespace koobatch::net
