#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_queue.hpp"
#include "koobatch/net/dialer.hpp"
#include "koobatch/net/session.hpp"
#include "koobatch/net/tls_peer.hpp"
#include "net/tcp_race.hpp"

#include <boost/asio/ssl/stream.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::net {

using TlsStream = asio::ssl::stream<Socket&>;

/// A byte stream to the service, independent of the protocol spoken on it: an address, TCP, perhaps a proxy's tunnel,
/// perhaps TLS; with one time limit for the current step.
class Transport : private Deadline {
 public:
  using Opened = Session::Opened;

  Transport(asio::io_context& context, Dialer& dialer);
  ~Transport() override { close(); }

  /// See Session::open().
  Awaitable<Opened> open(std::string& why);
  Awaitable<void> wait_for_room();
  bool is_open() const { return open_; }
  /// Ends the current step with an error.
  void close();
  /// Lets nothing more begin on it; what arrives may still be read.
  void retire() { set_open(false); }

  /// Limits the step that begins. expired() returns afterwards whether it was cut off.
  void begin_step(TimePoint until);
  void end_step();
  bool expired() const { return timed_out_; }

  /// Calls `use` with the stream that bytes are read from and written to.
  template <class Use>
  auto with_stream(Use use) {
    return tls_ ? use(*tls_) : use(socket_);
  }
  bool encrypted() const { return tls_.has_value(); }
  /// Whether the two sides have agreed on HTTP/2, or it is to be assumed.
  bool speaks_http2();
  /// Writes what the socket accepts without blocking. Returns how many bytes that is. Precondition: not encrypted.
  std::size_t write_at_once(std::string_view bytes, boost::system::error_code& error) {
    assert(!encrypted());
    return socket_.write_some(asio::buffer(bytes), error);
  }

  /// Whether the peer's kernel has acknowledged everything that was written.
  bool is_delivered();
  /// Whether neither bytes nor the peer's close have arrived, as must be the case when nothing is in flight. `fresh`:
  /// nothing was read since it was opened, so that TLS session tickets may be waiting.
  bool is_quiet(bool fresh);
  /// Whether the service has not been down since this was opened, and nothing speaks against its address.
  bool trusted() const { return generation_ == dialer_.generation && !dialer_.memory.doubts(address_); }
  /// Makes later connections try this address last, and resolve again. Until it works again, nothing that is connected
  /// to it is trusted.
  void distrust_address();

  /// See TlsPeer.
  std::string client_refusal(const boost::system::error_code& error) const;
  bool lacks_certificate() const { return peer_.wanted_certificate(); }

 private:
  void expire() override;
  void cancel();
  void set_open(bool open);
  void limit_delivery();
  bool stopped() const { return timed_out_ || closed_; }
  Awaitable<Opened> attempt_open(std::string& why);
  Awaitable<bool> resolve(std::string& why);
  Awaitable<std::optional<std::size_t>> connect(AddressRace& race);
  Awaitable<Opened> agree(AddressRace& race, std::size_t number, std::string& why);
  void remember(const AddressRace& race);
  std::string explain_stop(const std::string& so_far) const;
  Awaitable<bool> tunnel(std::string& why);
  Awaitable<Opened> handshake(std::string& why);
  Opened agree_on_protocol(std::string& why);
  Opened no_protocol(std::string& why);

  asio::io_context& context_;
  Dialer& dialer_;
  Socket socket_;
  TlsPeer peer_;
  std::optional<TlsStream> tls_;
  Resolver resolver_;
  std::optional<TcpRace> race_;   ///< while it runs
  Address address_;               ///< of the present or last connection
  std::uint32_t generation_ = 0;  ///< the dialer's when this was opened
  bool open_ = false;
  bool timed_out_ = false;
  bool closed_ = false;  ///< close() was called since open()
};

}  // namespace koobatch::net
