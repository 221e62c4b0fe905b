#pragma once
#include "koobatch/net/session.hpp"
#include "net/http1_session.hpp"
#include "net/http2_connection.hpp"

#include <memory>
#include <string>
#include <vector>

namespace koobatch::net {

/// HTTP/2 or HTTP/1.1, as agreed with the service each time it is opened. An HTTP/2 connection that accepts no more
/// exchanges is kept until those in flight have ended, while the next one is open already.
class NegotiatedSession final : public Session {
 public:
  NegotiatedSession(asio::io_context& context, Dialer& dialer)
      : context_(context), dialer_(dialer), http1_(context, dialer) {}
  ~NegotiatedSession() override { close(); }

  Awaitable<Opened> open(std::string& why) override;
  bool is_open() const override { return http2_ ? http2_->is_open() : http1_.is_open(); }
  bool is_http2() const override { return http2_ != nullptr; }
  Awaitable<void> wait_for_room() override { return http1_.wait_for_room(); }
  std::size_t capacity() const override { return http2_ ? http2_->capacity() : http1_.capacity(); }
  Awaitable<void> exchange(Exchange& exchange) override;
  Readiness check(TimePoint now) override;
  bool lacks_certificate() const override { return http2_ ? http2_->lacks_certificate() : http1_.lacks_certificate(); }
  void retire() override;
  void discredit() override;
  void withdraw() override;
  void close() override;

 private:
  Awaitable<Opened> negotiate(std::string& why);
  static Awaitable<void> nothing();
  void leave_http2(const char* why);

  asio::io_context& context_;
  Dialer& dialer_;
  Http1Session http1_;                      ///< also opens the transport for both
  std::shared_ptr<Http2Connection> http2_;  ///< null: HTTP/1.1
  std::shared_ptr<Http2Connection> starting_;
  std::vector<std::shared_ptr<Http2Connection>> left_;  ///< some may still have exchanges in flight
  bool opening_ = false;
};

}  // namespace koobatch::net
