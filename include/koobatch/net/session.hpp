#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/dialer.hpp"
#include "koobatch/net/exchange.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace koobatch::net {

/// A kept connection to the service, which carries exchanges; the protocol, which may be another each time it is
/// opened, determines how many at a time. For use on the thread of its io_context. Every operation ends by its time-out
/// at the latest.
class Session {
 public:
  enum class Opened {
    yes,
    no,  ///< not now; the reason is given
    /// Not now, because this machine lacks descriptors, ports or memory, which says nothing about the service; other
    /// connections are open and can do the work.
    no_room,
    never,  ///< like `no`, but trying again cannot help: a certificate was refused, or no common TLS version exists
  };

  /// Whether an exchange can begin.
  enum class Readiness {
    ready,
    closed,  ///< after open() only
    busy,    ///< not now: it is being opened, or carries as many as it can
  };

  virtual ~Session() = default;

  /// Tries the addresses of the next hop as RFC 8305 describes, all within Dialer::connect_timeout. Closes the previous
  /// connection. `why`: the reason, unless it is open afterwards.
  virtual Awaitable<Opened> open(std::string& why) = 0;
  virtual bool is_open() const = 0;
  /// After no_room: completes when trying again is worthwhile.
  virtual Awaitable<void> wait_for_room() = 0;

  /// Whether it is HTTP/2, which carries many exchanges at a time. Precondition: is_open().
  virtual bool is_http2() const = 0;
  /// How many more exchanges can begin now.
  virtual std::size_t capacity() const = 0;
  /// Sends `exchange.request` and fills in the rest of `exchange`. Unless the answer was complete, the session may be
  /// closed afterwards. Precondition: check() says ready.
  virtual Awaitable<void> exchange(Exchange& exchange) = 0;

  /// Whether another exchange can begin. Closes it if the peer did, if the peer sent unsolicited bytes, or if the
  /// service was down since it was opened.
  virtual Readiness check(TimePoint now) = 0;
  /// Whether the service requested a client certificate when this was opened, and none was configured.
  virtual bool lacks_certificate() const = 0;
  /// Lets no further exchange begin before it is opened again. Those in flight continue. Precondition: an exchange has
  /// ended.
  virtual void retire() = 0;
  /// Reports that the peer seems to be down: retires this session. The next one resolves again, and tries this one's
  /// address last. Precondition: an exchange has ended.
  virtual void discredit() = 0;
  /// Closes it if anything that was sent, or partly sent, may not have arrived at the peer's machine, so that none of
  /// it arrives later. Ends exchanges in flight then.
  virtual void withdraw() = 0;
  /// Ends exchanges in flight, too.
  virtual void close() = 0;
};

/// Creates a session that is not open yet. `context` and `dialer` must outlive it.
std::unique_ptr<Session> make_session(asio::io_context& context, Dialer& dialer);

}  // namespace koobatch::net
