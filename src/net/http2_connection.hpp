#pragma once
#include "koobatch/core/wiping_allocator.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_queue.hpp"
#include "koobatch/net/dialer.hpp"
#include "koobatch/net/exchange.hpp"
#include "koobatch/net/session.hpp"
#include "net/http2_streams.hpp"
#include "net/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::net {

/// HTTP/2 on an open transport: any number of exchanges at a time. One coroutine reads, and wakes those whose exchanges
/// have finished; all that they then begin is written together. Kept alive by what it waits for.
class Http2Connection final : public std::enable_shared_from_this<Http2Connection>, private Deadline {
 public:
  using Opened = Session::Opened;

  Http2Connection(asio::io_context& context, Dialer& dialer, std::unique_ptr<Transport> transport);
  ~Http2Connection() override;

  /// Completes when the peer has said what it accepts, within Dialer::connect_timeout. Unless `yes`, `why` is the
  /// reason, and it is closed.
  Awaitable<Opened> start(std::string& why);
  /// Whether it can carry further exchanges, though perhaps not now.
  bool is_open() const { return !closed_ && !streams_.draining() && transport_->trusted(); }
  bool closed() const { return closed_; }
  /// How many more exchanges can begin now.
  std::size_t capacity() const { return is_open() ? streams_.capacity() : 0; }
  std::size_t in_flight() const { return streams_.in_flight(); }
  /// See Session::exchange(). Precondition: capacity() != 0.
  Awaitable<void> exchange(Exchange& exchange);
  /// Accepts no more exchanges, and closes once none is in flight.
  void retire(const std::string& why);
  /// See Session::withdraw().
  void withdraw();
  /// Ends exchanges in flight, too.
  void close();

  bool wants_http1() const { return streams_.wants_http1(); }
  bool speaks_http1() const { return streams_.broken() && streams_.speaks_http1(); }
  bool lacks_certificate() const { return transport_->lacks_certificate(); }
  void distrust_address() { transport_->distrust_address(); }

 private:
  using Resume = asio::async_result<UseAwaitable, void()>::handler_type;
  /// An exchange in flight, and who waits for it.
  struct Waiting final : Http2Stream, Deadline {
    explicit Waiting(Http2Connection& owner) : connection(owner) {}
    void expire() override { connection.expired(*this); }

    Http2Connection& connection;
    std::optional<Resume> resume;
  };

  void expire() override;
  void begin(Exchange& exchange, Resume&& resume);
  void expired(Waiting& waiting);
  Waiting& take_waiting();
  void resume_finished();
  void post_resume_finished();

  template <class Stream>
  Awaitable<boost::system::error_code> await_settings(Stream& stream);
  template <class Stream>
  Awaitable<void> read(Stream& stream, std::shared_ptr<Http2Connection> self);
  void received(std::size_t count);
  void ended(const boost::system::error_code& error);
  void leave_if_done();
  void shut();
  Opened explain(const boost::system::error_code& error, std::string& why);

  void flush_soon();
  void flush();
  void write_rest();

  void watch(TimePoint now);
  Duration quiet_time() const;

  asio::io_context& context_;
  Dialer& dialer_;
  std::unique_ptr<Transport> transport_;
  Http2Streams streams_;
  std::vector<std::unique_ptr<Waiting>> all_;
  std::vector<Waiting*> free_;
  WipedBytes input_;
  WipedBytes writing_;  ///< what a write in progress reads from
  TimePoint last_received_{};
  TimePoint busy_since_{};          ///< when exchanges were last begun while there were none
  std::optional<TimePoint> asked_;  ///< when the peer was last asked for a sign of life
  std::uint64_t asked_at_ = 0;      ///< Http2Streams::progress() then
  bool write_in_progress_ = false;
  bool write_failed_ = false;
  bool flush_posted_ = false;
  bool reading_ = false;  ///< what has arrived is being handled: a flush follows
  bool closed_ = false;
};

}  // namespace koobatch::net
