#include "net/negotiated_session.hpp"

#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::net {

std::unique_ptr<Session> make_session(asio::io_context& context, Dialer& dialer) {
  if (!dialer.offers_http2()) return std::make_unique<Http1Session>(context, dialer);
  return std::make_unique<NegotiatedSession>(context, dialer);
}

Awaitable<Session::Opened> NegotiatedSession::open(std::string& why) {
  opening_ = true;
  if (http2_) leave_http2("another connection is opened in its place");
  const Opened opened = co_await negotiate(why);
  starting_.reset();
  opening_ = false;
  co_return opened;
}

Awaitable<Session::Opened> NegotiatedSession::negotiate(std::string& why) {
  for (;;) {
    if (dialer_.http1_only && dialer_.http == HttpChoice::http2) {
      why = fmt::format("{} speaks HTTP/1.1 only; use {}", dialer_.endpoint.url(), spell(SettingName::http, "auto"));
      co_return Opened::never;
    }
    const Opened opened = co_await http1_.open(why);
    if (opened != Opened::yes || !http1_.transport().speaks_http2()) co_return opened;
    starting_ = std::make_shared<Http2Connection>(context_, dialer_, http1_.release_transport());
    const Opened started = co_await starting_->start(why);
    if (started == Opened::yes) {
      http2_ = std::move(starting_);
      co_return started;
    }
    if (!starting_->speaks_http1() && !starting_->wants_http1()) co_return started;
    dialer_.http1_only = true;
  }
}

Awaitable<void> NegotiatedSession::exchange(Exchange& exchange) {
  if (!http2_) return http1_.exchange(exchange);
  return dialer_.withholds(exchange) ? nothing() : http2_->exchange(exchange);
}

Awaitable<void> NegotiatedSession::nothing() {
  co_return;
}

Session::Readiness NegotiatedSession::check(TimePoint now) {
  if (opening_) return Readiness::busy;
  if (!http2_) return http1_.check(now);
  if (http2_->capacity() != 0) return Readiness::ready;
  if (http2_->is_open() && http2_->in_flight() != 0) return Readiness::busy;
  leave_http2("the service accepts no requests on it");
  return Readiness::closed;
}

void NegotiatedSession::leave_http2(const char* why) {
  if (http2_->wants_http1()) dialer_.http1_only = true;
  std::erase_if(left_, [](const auto& connection) { return connection->closed(); });
  left_.push_back(std::move(http2_));
  http2_.reset();
  left_.back()->retire(why);
}

void NegotiatedSession::retire() {
  if (http2_) {
    leave_http2("the answers on it cannot be trusted");
  } else {
    http1_.retire();
  }
}

void NegotiatedSession::discredit() {
  if (http2_) {
    http2_->distrust_address();
    leave_http2("the service seems to be down at its address");
  } else {
    http1_.discredit();
  }
}

void NegotiatedSession::withdraw() {
  http1_.withdraw();
  if (http2_) http2_->withdraw();
  for (const auto& connection : left_) connection->withdraw();
}

void NegotiatedSession::close() {
  http1_.close();
  if (starting_) starting_->close();
  if (http2_) left_.push_back(std::exchange(http2_, nullptr));
  for (const auto& connection : left_) connection->close();
  left_.clear();
}

}  // namespace koobatch::net
