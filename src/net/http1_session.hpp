#pragma once
#include "koobatch/http/response_reader.hpp"
#include "koobatch/net/session.hpp"
#include "net/transport.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace koobatch::net {

/// HTTP/1.1 on a kept connection: one exchange at a time. Closed after anything but a complete answer.
class Http1Session final : public Session {
 public:
  Http1Session(asio::io_context& context, Dialer& dialer)
      : context_(context), dialer_(dialer), transport_(std::make_unique<Transport>(context, dialer)) {}
  ~Http1Session() override;

  Awaitable<Opened> open(std::string& why) override;
  bool is_open() const override { return transport_->is_open(); }
  bool is_http2() const override { return false; }
  Awaitable<void> wait_for_room() override { return transport_->wait_for_room(); }
  std::size_t capacity() const override { return 1; }
  Awaitable<void> exchange(Exchange& exchange) override;
  Readiness check(TimePoint now) override;
  bool lacks_certificate() const override { return transport_->lacks_certificate(); }
  void retire() override { close(); }
  void discredit() override;
  void withdraw() override;
  void close() override { transport_->close(); }

  Transport& transport() { return *transport_; }
  /// Gives away the transport, on which another protocol was agreed, and continues with a new one.
  std::unique_ptr<Transport> release_transport() {
    return std::exchange(transport_, std::make_unique<Transport>(context_, dialer_));
  }

 private:
  template <class Stream>
  Awaitable<void> exchange_on(Stream& stream, Exchange& exchange);
  static boost::system::error_code write_at_once(Socket& socket, std::string_view& bytes);
  static boost::system::error_code write_at_once(TlsStream& stream, std::string_view& bytes);
  asio::mutable_buffer free_room();
  bool take(boost::system::error_code& error, std::size_t count);
  bool consider_refusal(const boost::system::error_code& error, Exchange& exchange);
  void conclude(const boost::system::error_code& error, http::Answer& answer);

  asio::io_context& context_;
  Dialer& dialer_;
  std::unique_ptr<Transport> transport_;
  http::ResponseReader reader_;
  std::array<char, 32 * 1024> buffer_;
  std::size_t filled_ = 0;  ///< bytes in the buffer that are not parsed yet
  TimePoint last_used_;
  bool used_ = false;     ///< has completed an exchange
  bool writing_ = false;  ///< a request is partly written
};

}  // namespace koobatch::net
