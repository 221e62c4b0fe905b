#include "connect_proxy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>

#include <array>
#include <charconv>
#include <exception>
#include <utility>

namespace koobatch::test {
namespace {

namespace asio = net::asio;
using boost::system::error_code;

/// The port in "CONNECT host:port HTTP/1.1"; 0 if the request is anything else.
std::uint16_t port_asked_for(std::string_view head) {
  const auto line = head.substr(0, head.find("\r\n"));
  std::uint16_t port = 0;
  if (!line.starts_with("CONNECT ") || !line.ends_with(" HTTP/1.1")) return port;
  const auto colon = line.rfind(':');
  if (colon != std::string_view::npos) std::from_chars(line.data() + colon + 1, line.data() + line.size(), port);
  return port;
}

}  // namespace

ConnectProxy::ConnectProxy(Behaviour behaviour, const asio::ip::tcp::endpoint& at)
    : behaviour_(std::move(behaviour)),
      server_([this](LoopbackServer::SocketPtr client, std::size_t) { return serve(std::move(client)); }, at) {}

std::vector<std::string> ConnectProxy::heads() const {
  const std::lock_guard guard(mutex_);
  return heads_;
}

std::string ConnectProxy::seen() const {
  const std::lock_guard guard(mutex_);
  return seen_;
}

net::Awaitable<void> ConnectProxy::serve(LoopbackServer::SocketPtr client) {
  std::string head;
  const auto [error, size] =
      co_await asio::async_read_until(*client, asio::dynamic_buffer(head), "\r\n\r\n", net::as_result);
  {
    const std::lock_guard guard(mutex_);
    seen_ += head;
    if (!error) heads_.push_back(head);
  }
  const std::uint16_t port = port_asked_for(head);
  if (error || port == 0) co_return;
  if (behaviour_.hang) {
    co_await pump(client, client, true);
    co_return;
  }
  const auto service = server_.make_socket();
  error_code failed;
  if (behaviour_.refusal.empty()) service->connect({asio::ip::address_v4::loopback(), port}, failed);
  std::string answer = behaviour_.refusal;
  if (answer.empty())
    answer = failed ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : "HTTP/1.1 200 Established\r\nVia: x\r\n\r\n";
  const bool sent = co_await write_all(*client, answer);
  if (!sent || failed || !behaviour_.refusal.empty()) {
    client->close(failed);
    co_return;
  }
  asio::co_spawn(server_.context(), pump(service, client, false), [](const std::exception_ptr& exception) {
    if (exception) std::rethrow_exception(exception);  // a bug in the test: terminate
  });
  co_await pump(client, service, true);
}

net::Awaitable<void> ConnectProxy::pump(LoopbackServer::SocketPtr from, LoopbackServer::SocketPtr to, bool keep) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto [error, size] = co_await from->async_read_some(asio::buffer(buffer), net::as_result);
    if (error) break;
    if (keep) {
      const std::lock_guard guard(mutex_);
      seen_.append(buffer.data(), size);
    }
    const bool sent = co_await write_all(*to, {buffer.data(), size});
    if (!sent) break;
  }
  error_code ignored;
  from->close(ignored);
  to->close(ignored);
}

}  // namespace koobatch::test
