#include "net/http1_session.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <cassert>
#include <cstring>
#include <tuple>
#include <utility>

namespace koobatch::net {
namespace {

using boost::system::error_code;

/// A connection idle for longer is checked before it is reused; checking before every exchange would cost a
/// system call each.
constexpr Duration idle_before_check = std::chrono::milliseconds(50);

/// Linux's default socket buffer is at least 4 KiB (net.ipv4.tcp_wmem); this and its TLS record fit into it.
constexpr std::size_t written_at_once = 2048;

}  // namespace

Http1Session::~Http1Session() {
  // Answers may hold secrets, too.
  OPENSSL_cleanse(buffer_.data(), buffer_.size());
}

Awaitable<Session::Opened> Http1Session::open(std::string& why) {
  used_ = false;
  const Opened opened = co_await transport_->open(why);
  last_used_ = Steady::now();
  co_return opened;
}

void Http1Session::discredit() {
  transport_->distrust_address();
  close();
}

void Http1Session::withdraw() {
  if (is_open() && (writing_ || !transport_->is_delivered())) close();
}

Session::Readiness Http1Session::check(TimePoint now) {
  if (!is_open()) return Readiness::closed;
  if (transport_->trusted() && (now - last_used_ < idle_before_check || transport_->is_quiet(!used_))) {
    return Readiness::ready;
  }
  close();
  return Readiness::closed;
}

Awaitable<void> Http1Session::exchange(Exchange& exchange) {
  assert(is_open());
  return transport_->with_stream([&](auto& stream) { return exchange_on(stream, exchange); });
}

template <class Stream>
Awaitable<void> Http1Session::exchange_on(Stream& stream, Exchange& exchange) {
  exchange.answer.clear();
  exchange.refused = exchange.withheld = false;
  reader_.start(exchange.answer);
  filled_ = 0;
  // In rounds: all coroutines of this thread first read what has arrived, and then all write. Requests sent together
  // wake a local peer only once.
  co_await dialer_.turns->next();
  if (dialer_.withholds(exchange)) co_return;
  exchange.sent_at = Steady::now();
  transport_->begin_step(exchange.sent_at + dialer_.exchange_timeout);
  std::string_view request = exchange.request.bytes();
  error_code write_error = write_at_once(stream, request);
  if (!request.empty() && !write_error) {
    writing_ = true;
    const auto [failed, count] = co_await asio::async_write(stream, asio::buffer(request), as_result);
    writing_ = false;
    write_error = failed;
  }
  // The other coroutines of this thread run before the answer is read: if the peer is near, it has nearly always
  // arrived by then and needs no asynchronous operation. Reading at once would nearly always waste a system call.
  co_await dialer_.turns->next();
  // Even if not everything was written, an answer may be there: a server may refuse early and close.
  error_code error;
  for (bool more = true; more;) {
    std::size_t count = stream.read_some(free_room(), error);
    if (error == asio::error::would_block) {
      std::tie(error, count) = co_await stream.async_read_some(free_room(), as_result);
    }
    more = take(error, count);
  }
  exchange.ended_at = last_used_ = Steady::now();
  if (consider_refusal(error, exchange)) co_return;
  conclude(error && write_error ? write_error : error, exchange.answer);
}

/// Writes as much of `bytes` as the socket's buffer accepts without blocking, nearly always all of a request, and
/// leaves the rest in `bytes`.
error_code Http1Session::write_at_once(Socket& socket, std::string_view& bytes) {
  error_code error;
  bytes.remove_prefix(socket.write_some(asio::buffer(bytes), error));
  return error == asio::error::would_block ? error_code() : error;
}

/// Writes only what certainly fits: OpenSSL's stream would not know about a partially sent record. After a complete
/// answer the connection's buffer is empty.
error_code Http1Session::write_at_once(TlsStream& stream, std::string_view& bytes) {
  if (bytes.size() > written_at_once) return {};
  error_code error;
  bytes.remove_prefix(stream.write_some(asio::buffer(bytes), error));
  return error;
}

asio::mutable_buffer Http1Session::free_room() {
  return asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_);
}

/// Handles a read of `count` more bytes, or its `error`. True: the answer is incomplete, read on. False: it has ended,
/// with or without `error`.
bool Http1Session::take(error_code& error, std::size_t count) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    const bool whole = reader_.begun() && reader_.end() == http::ResponseReader::State::done;
    error = whole ? error_code() : asio::error::eof;
  }
  if (error || count == 0) return false;
  filled_ += count;
  std::size_t consumed = 0;
  const auto state = reader_.feed({buffer_.data(), filled_}, consumed);
  filled_ -= consumed;
  if (state == http::ResponseReader::State::failed) error = reader_.error();
  // Bytes after the answer belong to no request of ours.
  if (state == http::ResponseReader::State::done && filled_ != 0) transport_->retire();
  if (state != http::ResponseReader::State::more) return false;
  std::memmove(buffer_.data(), buffer_.data() + consumed, filled_);
  if (filled_ == buffer_.size()) error = asio::error::message_size;
  return !error;
}

/// Whether the service rejected our certificate after the handshake, which ends the exchange.
bool Http1Session::consider_refusal(const error_code& error, Exchange& exchange) {
  if (!error || used_ || reader_.begun()) return false;
  auto message = transport_->client_refusal(error);
  if (message.empty()) return false;
  exchange.refused = true;
  exchange.answer.clear();
  exchange.answer.error = std::move(message);
  close();
  return true;
}

void Http1Session::conclude(const error_code& error, http::Answer& answer) {
  transport_->end_step();
  if (!error) {
    answer.delivery = http::Delivery::answered;
    used_ = true;
    if (!is_open() || !reader_.keep_alive()) close();
    return;
  }
  const bool silent = !reader_.begun() && !transport_->expired();
  const bool read_failed = reader_.error().failed();
  answer.clear();
  answer.delivery = used_ && silent ? http::Delivery::stale : http::Delivery::lost;
  answer.garbled = reader_.begun() && (read_failed || error == asio::error::eof);
  if (transport_->expired()) {
    // Not only this connection: the node at this address may hang.
    transport_->distrust_address();
    answer.error = fmt::format("no answer within {:g} s", seconds(dialer_.exchange_timeout));
  } else if (error == asio::error::eof) {
    answer.error = silent ? "the connection was closed before an answer came"
                          : "the connection was closed in the middle of the answer";
  } else if (read_failed) {
    answer.error = fmt::format("the answer is not valid HTTP: {}", http::describe_fault(error, answer.most_body));
  } else {
    answer.error = fmt::format("the connection failed: {}", error.message());
  }
  close();
}

}  // namespace koobatch::net
