#include "net/transport.hpp"

#include "koobatch/core/spelling.hpp"
#include "net/proxy.hpp"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace koobatch::net {
namespace {

using boost::system::error_code;

/// How long resolved addresses are used.
constexpr Duration address_lifetime = std::chrono::seconds(30);
/// Pause after an attempt that failed for lack of local resources.
constexpr Duration room_pause = std::chrono::milliseconds(250);

std::string way_to(const Dialer& dialer) {
  return dialer.proxy ? fmt::format("{} through the proxy {}", dialer.endpoint.url(), dialer.proxy->url())
                      : dialer.endpoint.url();
}

/// Offers HTTP/2 and, unless `only`, HTTP/1.1 (ALPN).
void offer(SSL* ssl, bool only) {
  constexpr std::string_view http2("\x02h2");
  constexpr std::string_view both("\x02h2\x08http/1.1");
  const std::string_view protocols = only ? http2 : both;
  SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
}

bool has_agreed_on_http2(SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

bool is_about_protocol(const error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL;
}

/// The next hop, for messages.
std::string describe_hop(const Dialer& dialer) {
  return fmt::format("{}{}", dialer.proxy ? "the proxy " : "", dialer.next_hop().url());
}

}  // namespace

Transport::Transport(asio::io_context& context, Dialer& dialer)
    : context_(context), dialer_(dialer), socket_(context), peer_(dialer.tls_past), resolver_(context) {}

void Transport::close() {
  if (armed()) disarm();
  if (tls_) TlsPeer::close(tls_->native_handle());
  closed_ = true;
  cancel();
  set_open(false);
}

void Transport::set_open(bool open) {
  if (open == open_) return;
  open_ = open;
  open ? ++dialer_.open : --dialer_.open;
}

/// The time limit of the current step has passed.
void Transport::expire() {
  timed_out_ = true;
  cancel();
}

/// Ends the current step with an error.
void Transport::cancel() {
  error_code ignored;
  resolver_.cancel();
  if (race_) race_->cancel();
  socket_.close(ignored);
}

void Transport::begin_step(TimePoint until) {
  timed_out_ = false;
  dialer_.deadlines->arm(*this, until);
}

void Transport::end_step() {
  if (armed()) disarm();
}

void Transport::distrust_address() {
  dialer_.memory.failed(address_);
  dialer_.resolve_anew();
}

bool Transport::is_quiet(bool fresh) {
  pollfd peer{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
  const bool quiet = ::poll(&peer, 1, 0) == 0;
  return quiet || (fresh && tls_ && peer.revents == POLLIN);
}

bool Transport::is_delivered() {
  int bytes = 0;
  return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0 || bytes == 0;
}

/// See Dialer::delivery_limit.
void Transport::limit_delivery() {
  if (!dialer_.delivery_limit) return;
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(*dialer_.delivery_limit);
  const auto milliseconds = static_cast<unsigned>(limit.count());
  // Neither can fail for a TCP socket.
  error_code ignored;
  socket_.set_option(Socket::linger(true, 0), ignored);
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

std::string Transport::client_refusal(const error_code& error) const {
  return tls_ ? peer_.client_refusal(error, dialer_.endpoint.url()) : std::string();
}

Awaitable<Transport::Opened> Transport::open(std::string& why) {
  close();
  why.clear();
  closed_ = false;
  generation_ = dialer_.generation;
  begin_step(Steady::now() + dialer_.connect_timeout);
  const Opened opened = co_await attempt_open(why);
  end_step();
  if (opened == Opened::yes) {
    dialer_.memory.worked(address_);
    set_open(true);
    co_return opened;
  }
  if (opened == Opened::no) dialer_.resolve_anew();
  close();
  co_return opened;
}

Awaitable<void> Transport::wait_for_room() {
  Timer timer(context_, room_pause);
  co_await timer.async_wait(as_result);
}

Awaitable<bool> Transport::resolve(std::string& why) {
  if (Steady::now() < dialer_.resolve_after) co_return true;
  const http::Endpoint& hop = dialer_.next_hop();
  const auto generation = dialer_.generation;
  const auto [error, results] = co_await resolver_.async_resolve(hop.host, hop.port, as_result);
  if (stopped()) {
    why = explain_stop(fmt::format("{}'{}' was not resolved", dialer_.proxy ? "the proxy " : "", hop.host));
    co_return false;
  }
  if (error) {
    why = fmt::format("cannot resolve {}'{}': {}", dialer_.proxy ? "the proxy " : "", hop.host, error.message());
    co_return false;
  }
  dialer_.addresses.clear();
  for (const auto& entry : results) dialer_.addresses.push_back(entry.endpoint());
  // A result requested before an outage began is not trusted during it.
  if (generation == dialer_.generation) dialer_.resolve_after = Steady::now() + address_lifetime;
  co_return true;
}

Awaitable<Transport::Opened> Transport::attempt_open(std::string& why) {
  // Not within the condition: gcc 12 destroys an awaited temporary there twice.
  const bool resolved = co_await resolve(why);
  if (!resolved) co_return Opened::no;
  const auto order = dialer_.memory.in_order(dialer_.addresses);
  AddressRace race(order, AddressRace::delay_for(order.size(), dialer_.connect_timeout));
  for (;;) {
    const auto winner = co_await connect(race);
    if (!winner) break;
    address_ = race.address(*winner);
    const Opened opened = co_await agree(race, *winner, why);
    if (stopped()) break;
    if (opened != Opened::no) {
      remember(race);
      co_return opened;
    }
    error_code ignored;
    socket_.close(ignored);
    race.failed(*winner, why);
  }
  remember(race);
  if (stopped()) {
    why = explain_stop(race.said());
  } else if (race.tried() > 1 || why.empty()) {
    why = fmt::format("cannot connect to {} ({})", describe_hop(dialer_), race.said());
  }
  co_return race.lost_locally() && !stopped() && dialer_.open > 0 ? Opened::no_room : Opened::no;
}

/// Nothing: no address is left, or this was stopped.
Awaitable<std::optional<std::size_t>> Transport::connect(AddressRace& race) {
  race_.emplace(context_, *dialer_.deadlines, race);
  const auto winner = co_await race_->run(socket_);
  race_.reset();
  co_return winner;
}

/// After TCP: negotiates with the proxy, then with the service.
Awaitable<Transport::Opened> Transport::agree(AddressRace& race, std::size_t number, std::string& why) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  limit_delivery();
  if (dialer_.proxy) {
    race.waiting_for(number, "connected, and no answer to CONNECT");
    const bool through = co_await tunnel(why);
    if (!through) co_return Opened::no;
  }
  if (dialer_.tls == nullptr) co_return Opened::yes;
  race.waiting_for(number, "connected, and the TLS handshake was not completed");
  const Opened opened = co_await handshake(why);
  co_return opened;
}

/// Remembers which addresses failed.
void Transport::remember(const AddressRace& race) {
  for (const Address& address : race.failures(timed_out_)) dialer_.memory.failed(address);
}

/// `so_far`: the state in which it was stopped.
std::string Transport::explain_stop(const std::string& so_far) const {
  if (!timed_out_) {
    return fmt::format("cannot connect to {}: given up, because the run ends ({})", way_to(dialer_), so_far);
  }
  return fmt::format("cannot connect to {}: no connection within {:g} s ({})", way_to(dialer_),
                     seconds(dialer_.connect_timeout), so_far);
}

/// Asks the proxy to connect us to the service. Nothing else is sent to the proxy itself.
Awaitable<bool> Transport::tunnel(std::string& why) {
  const std::string request = connect_request(dialer_.endpoint);
  auto [error, written] = co_await asio::async_write(socket_, asio::buffer(request), as_result);
  ProxyAnswer reply;
  std::array<char, 4096> buffer;
  auto state = ProxyAnswer::State::more;
  while (!error && state == ProxyAnswer::State::more) {
    const auto [failed, count] = co_await socket_.async_read_some(asio::buffer(buffer), as_result);
    error = failed;
    if (!error) state = reply.feed({buffer.data(), count});
  }
  if (state == ProxyAnswer::State::open) co_return true;
  const std::string reason = error == asio::error::eof ? "it closed the connection"
                             : error                   ? error.message()
                                                       : reply.refusal();
  why = fmt::format("{} did not connect to {}: {}", describe_hop(dialer_), dialer_.endpoint.url(), reason);
  co_return false;
}

Awaitable<Transport::Opened> Transport::handshake(std::string& why) {
  tls_.emplace(socket_, *dialer_.tls);
  peer_.attach(tls_->native_handle(), dialer_.endpoint.host);
  if (dialer_.offers_http2()) offer(tls_->native_handle(), dialer_.http == HttpChoice::http2);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  if (!error) {
    peer_.completed();
    co_return agree_on_protocol(why);
  }
  if (is_about_protocol(error)) co_return no_protocol(why);
  auto failure = peer_.explain(error, dialer_.endpoint.url());
  why = std::move(failure.message);
  co_return failure.final ? Opened::never : Opened::no;
}

/// After the handshake.
Transport::Opened Transport::agree_on_protocol(std::string& why) {
  if (has_agreed_on_http2(tls_->native_handle())) {
    // RFC 9113, 9.2.1: a renegotiation would stop all exchanges.
    SSL_set_options(tls_->native_handle(), SSL_OP_NO_RENEGOTIATION);
    return Opened::yes;
  }
  return dialer_.http == HttpChoice::http2 ? no_protocol(why) : Opened::yes;
}

/// The service accepts nothing of what was offered.
Transport::Opened Transport::no_protocol(std::string& why) {
  if (dialer_.http == HttpChoice::http2) {
    why = fmt::format("{} does not speak HTTP/2; use {}", dialer_.endpoint.url(), spell(SettingName::http, "auto"));
    return Opened::never;
  }
  why = fmt::format("{} accepted neither HTTP/2 nor HTTP/1.1 by name", dialer_.endpoint.url());
  dialer_.http1_only = true;
  return Opened::no;
}

bool Transport::speaks_http2() {
  return tls_ ? has_agreed_on_http2(tls_->native_handle()) : dialer_.offers_http2();
}

}  // namespace koobatch::net
