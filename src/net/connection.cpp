#include "koobatch/net/connection.hpp"

#include "koobatch/net/proxy.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <cstring>
#include <tuple>
#include <utility>

namespace koobatch::net {
namespace {

using boost::system::error_code;

/// How long an address the resolver gave is believed.
constexpr Duration address_lifetime = std::chrono::seconds(30);
/// How long a connection for which there was no room is not tried again.
constexpr Duration room_pause = std::chrono::milliseconds(250);
/// A connection idle for longer is looked at before it is used again; a shorter look would cost every exchange a call.
constexpr Duration idle_before_check = std::chrono::milliseconds(50);

/// The least a socket buffers by Linux's default (net.ipv4.tcp_wmem) is 4 KiB; this and its record are less.
constexpr std::size_t written_at_once = 2048;

std::string describe(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

/// Did this machine fail, rather than the network or the peer?
bool is_local_shortage(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::address_not_available || error == errc::no_buffer_space || error == errc::not_enough_memory;
}

std::string way_to(const Dialer& dialer) {
  return dialer.proxy ? fmt::format("{} through the proxy {}", dialer.endpoint.url(), dialer.proxy->url())
                      : dialer.endpoint.url();
}

/// The next hop, for messages.
std::string describe_hop(const Dialer& dialer) {
  return fmt::format("{}{}", dialer.proxy ? "the proxy " : "", dialer.next_hop().url());
}

}  // namespace

Connection::Connection(asio::io_context& context, Dialer& dialer)
    : context_(context), dialer_(dialer), socket_(context), peer_(dialer.tls_past), resolver_(context) {}

Connection::~Connection() {
  close();
  // Answers hold secrets, too.
  OPENSSL_cleanse(buffer_.data(), buffer_.size());
}

void Connection::close() {
  if (armed()) disarm();
  if (tls_) TlsPeer::close(tls_->native_handle());
  error_code ignored;
  socket_.close(ignored);
  set_open(false);
}

void Connection::set_open(bool open) {
  if (open == open_) return;
  open_ = open;
  open ? ++dialer_.open : --dialer_.open;
}

/// The time of the step under way is over: closing the socket ends it with an error.
void Connection::expire() {
  timed_out_ = true;
  error_code ignored;
  resolver_.cancel();
  socket_.close(ignored);
}

bool Connection::still_usable(TimePoint now) {
  if (!open_) return false;
  if (now - last_used_ < idle_before_check) return true;
  // Nothing may arrive on an idle connection: neither the end nor bytes of an answer to nothing. Only TLS's session
  // tickets may lie there until the first answer is read.
  pollfd peer{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
  const bool quiet = ::poll(&peer, 1, 0) == 0;
  if (quiet || (!used_ && tls_ && peer.revents == POLLIN)) return true;
  close();
  return false;
}

Awaitable<Connection::Opened> Connection::open(flow::Answer& answer) {
  close();
  answer.clear();
  timed_out_ = used_ = refused_ = false;
  dialer_.deadlines->arm(*this, Steady::now() + dialer_.connect_timeout);
  const Opened opened = co_await attempt_open(answer);
  if (armed()) disarm();
  if (opened == Opened::yes) {
    set_open(true);
    last_used_ = Steady::now();
  } else {
    if (timed_out_) {
      answer.error = fmt::format("cannot connect to {}: no connection within {:g} s", way_to(dialer_),
                                 seconds(dialer_.connect_timeout));
    }
    close();
  }
  co_return opened;
}

Awaitable<void> Connection::wait_for_room() {
  Timer timer(context_, room_pause);
  co_await timer.async_wait(as_result);
}

Awaitable<bool> Connection::resolve(flow::Answer& answer) {
  if (Steady::now() < dialer_.resolve_after) co_return true;
  const Endpoint& hop = dialer_.next_hop();
  const auto [error, results] = co_await resolver_.async_resolve(hop.host, hop.port, as_result);
  if (error) {
    answer.error =
        fmt::format("cannot resolve {}'{}': {}", dialer_.proxy ? "the proxy " : "", hop.host, error.message());
    co_return false;
  }
  dialer_.addresses.clear();
  for (const auto& entry : results) dialer_.addresses.push_back(entry.endpoint());
  dialer_.resolve_after = Steady::now() + address_lifetime;
  co_return true;
}

Awaitable<Connection::Opened> Connection::attempt_open(flow::Answer& answer) {
  // Not within the condition: gcc 12 destroys an awaited temporary there twice.
  const bool resolved = co_await resolve(answer);
  if (!resolved) co_return Opened::no;
  // A copy: another connection may resolve anew while this one waits.
  const auto addresses = dialer_.addresses;
  bool shortage = !addresses.empty();
  for (const auto& address : addresses) {
    error_code ignored;
    socket_.close(ignored);
    const auto [error] = co_await socket_.async_connect(address, as_result);
    if (timed_out_) co_return Opened::no;
    // One address alone may also be one this machine cannot reach at all, such as an IPv6 one.
    shortage = shortage && is_local_shortage(error);
    if (error) {
      answer.error =
          fmt::format("cannot connect to {} ({}): {}", describe_hop(dialer_), describe(address), error.message());
      continue;
    }
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    if (dialer_.proxy) {
      const bool through = co_await tunnel(answer);
      if (timed_out_) co_return Opened::no;
      if (!through) continue;
    }
    if (dialer_.tls == nullptr) co_return Opened::yes;
    const Opened opened = co_await handshake(answer);
    if (opened != Opened::no || timed_out_) co_return opened;
  }
  if (shortage && dialer_.open > 0) co_return Opened::no_room;
  dialer_.resolve_after = TimePoint::min();
  co_return Opened::no;
}

/// Has the proxy connect us with the service. Nothing else is ever said to the proxy itself.
Awaitable<bool> Connection::tunnel(flow::Answer& answer) {
  const std::string request = connect_request(dialer_.endpoint);
  auto [error, written] = co_await asio::async_write(socket_, asio::buffer(request), as_result);
  ProxyAnswer reply;
  auto state = ProxyAnswer::State::more;
  while (!error && state == ProxyAnswer::State::more) {
    const auto [failed, count] = co_await socket_.async_read_some(asio::buffer(buffer_), as_result);
    error = failed;
    if (!error) state = reply.feed({buffer_.data(), count});
  }
  if (state == ProxyAnswer::State::open) co_return true;
  const std::string why = error == asio::error::eof ? "it closed the connection"
                          : error                   ? error.message()
                                                    : reply.refusal();
  answer.error = fmt::format("{} did not connect to {}: {}", describe_hop(dialer_), dialer_.endpoint.url(), why);
  co_return false;
}

Awaitable<Connection::Opened> Connection::handshake(flow::Answer& answer) {
  tls_.emplace(socket_, *dialer_.tls);
  peer_.attach(tls_->native_handle(), dialer_.endpoint.host);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  if (!error) {
    peer_.completed();
    co_return Opened::yes;
  }
  auto failure = peer_.explain(error, dialer_.endpoint.url());
  answer.error = std::move(failure.message);
  co_return failure.final ? Opened::never : Opened::no;
}

Awaitable<void> Connection::exchange(std::string_view request, flow::Answer& answer) {
  return tls_ ? exchange_on(*tls_, request, answer) : exchange_on(socket_, request, answer);
}

template <class Stream>
Awaitable<void> Connection::exchange_on(Stream& stream, std::string_view request, flow::Answer& answer) {
  answer.clear();
  reader_.start(answer);
  filled_ = 0;
  timed_out_ = false;
  // Turn by turn: the others of this thread read what has come first, and then all write. What is sent in one go wakes
  // a peer on this machine once.
  co_await dialer_.turns->next();
  sent_at_ = Steady::now();
  dialer_.deadlines->arm(*this, sent_at_ + dialer_.exchange_timeout);
  error_code write_error = write_at_once(stream, request);
  if (!request.empty() && !write_error) {
    const auto [failed, count] = co_await asio::async_write(stream, asio::buffer(request), as_result);
    write_error = failed;
  }
  // The others of this thread have their turn before the answer is looked for: by then it nearly always is there if the
  // peer is near, and needs no asynchronous operation. To look at once would nearly always cost a call in vain.
  co_await dialer_.turns->next();
  // Even if not all could be written, an answer may be there: a server may refuse early and close.
  error_code error;
  for (bool more = true; more;) {
    std::size_t count = stream.read_some(free_room(), error);
    if (error == asio::error::would_block) {
      std::tie(error, count) = co_await stream.async_read_some(free_room(), as_result);
    }
    more = take(error, count);
  }
  last_used_ = Steady::now();
  if (consider_refusal(error, answer)) co_return;
  if (error && write_error) error = write_error;
  conclude(error, used_, answer);
}

/// What of `bytes` the socket's buffer takes without waiting, which nearly always is all of a request; the rest is left
/// in `bytes`.
error_code Connection::write_at_once(Socket& socket, std::string_view& bytes) {
  error_code error;
  bytes.remove_prefix(socket.write_some(asio::buffer(bytes), error));
  return error == asio::error::would_block ? error_code() : error;
}

/// Only what surely fits: of a record that went out in part, OpenSSL's stream would not know. The buffer of a
/// connection whose last request was answered is empty.
error_code Connection::write_at_once(TlsStream& stream, std::string_view& bytes) {
  if (bytes.size() > written_at_once) return {};
  error_code error;
  bytes.remove_prefix(stream.write_some(asio::buffer(bytes), error));
  return error;
}

asio::mutable_buffer Connection::free_room() {
  return asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_);
}

/// `count` more bytes have been read, or `error` has ended that. True: the answer is not complete, read on. False: it
/// is over, with or without `error`.
bool Connection::take(error_code& error, std::size_t count) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    const bool whole = reader_.begun() && reader_.end() == ResponseReader::State::done;
    error = whole ? error_code() : asio::error::eof;
  }
  if (error || count == 0) return false;
  filled_ += count;
  std::size_t consumed = 0;
  const auto state = reader_.feed({buffer_.data(), filled_}, consumed);
  filled_ -= consumed;
  if (state == ResponseReader::State::failed) error = reader_.error();
  // Bytes beyond the answer belong to no request of ours.
  if (state == ResponseReader::State::done && filled_ != 0) set_open(false);
  if (state != ResponseReader::State::more) return false;
  std::memmove(buffer_.data(), buffer_.data() + consumed, filled_);
  if (filled_ == buffer_.size()) error = asio::error::message_size;
  return !error;
}

/// Did the service end its side of the handshake by turning us down? True: that concludes the exchange.
bool Connection::consider_refusal(const error_code& error, flow::Answer& answer) {
  if (!error || !tls_ || used_ || reader_.begun()) return false;
  auto message = peer_.client_refusal(error, dialer_.endpoint.url());
  refused_ = !message.empty();
  if (!refused_) return false;
  answer.clear();
  answer.error = std::move(message);
  close();
  return true;
}

void Connection::conclude(const error_code& error, bool reused, flow::Answer& answer) {
  if (armed()) disarm();
  if (!error) {
    answer.delivery = flow::Delivery::answered;
    used_ = true;
    if (!open_ || !reader_.keep_alive()) close();
    return;
  }
  const bool silent = !reader_.begun() && !timed_out_;
  const bool read_failed = reader_.error().failed();
  answer.clear();
  answer.delivery = reused && silent ? flow::Delivery::stale : flow::Delivery::lost;
  if (timed_out_) {
    answer.error = fmt::format("no answer within {:g} s", seconds(dialer_.exchange_timeout));
  } else if (error == asio::error::eof) {
    answer.error = silent ? "the connection was closed before an answer came"
                          : "the connection was closed in the middle of the answer";
  } else if (read_failed) {
    answer.error = fmt::format("the answer is not valid HTTP: {}", error.message());
  } else {
    answer.error = fmt::format("the connection failed: {}", error.message());
  }
  close();
}

}  // namespace koobatch::net
