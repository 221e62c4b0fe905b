#include "scripted_server.hpp"

#include "scripted_http2.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/find.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace koobatch::test {
namespace {

namespace asio = net::asio;
using boost::system::error_code;

std::size_t content_length(std::string_view head) {
  const auto found = boost::algorithm::ifind_first(head, std::string_view("\r\ncontent-length:"));
  if (found.empty()) return 0;
  const char* from = found.end();
  while (*from == ' ') ++from;
  std::size_t length = 0;
  std::from_chars(from, head.data() + head.size(), length);
  return length;
}

/// Reads one complete request; false if there is none.
net::Awaitable<bool> read_request(net::Socket& socket) {
  std::string bytes;
  const auto [error, head] =
      co_await asio::async_read_until(socket, asio::dynamic_buffer(bytes), "\r\n\r\n", net::as_result);
  if (error) co_return false;
  const std::size_t whole = head + content_length(std::string_view(bytes).substr(0, head));
  if (bytes.size() >= whole) co_return true;
  std::string rest(whole - bytes.size(), '\0');
  const auto [cut, count] = co_await asio::async_read(socket, asio::buffer(rest), net::as_result);
  co_return !cut;
}

/// Whether the client, of whom something has arrived, begins with HTTP/2. Takes nothing out of the socket.
bool begins_http2(net::Socket& socket) {
  std::array<char, 4> bytes;
  error_code ignored;
  const std::size_t count = socket.receive(asio::buffer(bytes), net::Socket::message_peek, ignored);
  return ScriptedHttp2::is_spoken_by({bytes.data(), count});
}

/// Reads until the client closes.
net::Awaitable<void> swallow(net::Socket& socket) {
  char bytes[4096];
  for (;;) {
    const auto [error, count] = co_await socket.async_read_some(asio::buffer(bytes), net::as_result);
    if (error) co_return;
  }
}

}  // namespace

ScriptedServer::ScriptedServer(std::vector<Reply> replies, const asio::ip::tcp::endpoint& at)
    : replies_(std::move(replies)),
      server_([this](LoopbackServer::SocketPtr socket, std::size_t) { return serve(std::move(socket)); }, at) {}

const Reply& ScriptedServer::next_reply() {
  static const Reply healthy{.bytes = success()};
  const std::size_t number = next_++;
  return number < replies_.size() ? replies_[number] : healthy;
}

net::Awaitable<void> ScriptedServer::serve(LoopbackServer::SocketPtr socket) {
  for (bool first = true;; first = false) {
    const auto [error] = co_await socket->async_wait(net::Socket::wait_read, net::as_result);
    error_code ignored;
    if (error || socket->available(ignored) == 0) break;
    if (first && begins_http2(*socket)) {
      co_await serve_http2(socket);
      break;
    }
    // Taken before anything is awaited, so that no two requests get the same reply.
    const Reply& reply = next_reply();
    bool came = true;
    if (!reply.unread) came = co_await read_request(*socket);
    if (!came) break;
    ++requests_;
    if (reply.before) reply.before();
    const bool open = co_await answer(socket, reply);
    if (!open) break;
  }
}

/// A reply that closes or resets does so to the connection, whatever else is in flight on it.
net::Awaitable<void> ScriptedServer::serve_http2(LoopbackServer::SocketPtr socket) {
  ScriptedHttp2 http2;
  std::array<char, 16 * 1024> bytes;
  for (auto then = Reply::Then::keep_open; then == Reply::Then::keep_open;) {
    const auto [error, count] = co_await socket->async_read_some(asio::buffer(bytes), net::as_result);
    if (error) break;
    if (!http2.receive({bytes.data(), count})) then = Reply::Then::close;
    while (auto* const request = http2.next()) {
      const Reply& reply = next_reply();
      ++requests_;
      if (reply.before) reply.before();
      http2.answer(*request, reply.bytes);
      // Not `hang`: that is for this request, and others may still come.
      if (reply.then == Reply::Then::close || reply.then == Reply::Then::reset) then = reply.then;
    }
    const std::string output = http2.output();
    const bool sent = co_await write_all(*socket, output);
    if (!sent) break;
    if (then == Reply::Then::reset) reset(*socket);
  }
  error_code ignored;
  socket->close(ignored);
}

/// Returns whether the connection stays open.
net::Awaitable<bool> ScriptedServer::answer(LoopbackServer::SocketPtr socket, const Reply& reply) {
  if (reply.between_bytes.count() == 0) {
    co_await write_all(*socket, reply.bytes);
  } else {
    for (const char& byte : reply.bytes) {
      const bool sent = co_await write_all(*socket, {&byte, 1});
      if (!sent) co_return false;
      co_await pause(server_.context(), reply.between_bytes);
    }
  }
  if (!reply.later.empty()) {
    co_await pause(server_.context(), std::chrono::milliseconds(20));
    co_await write_all(*socket, reply.later);
  }
  if (reply.idle.count() != 0) co_await pause(server_.context(), reply.idle);
  switch (reply.then) {
    case Reply::Then::keep_open:
      co_return true;
    case Reply::Then::close:
      break;
    case Reply::Then::reset:
      reset(*socket);
      break;
    case Reply::Then::hang:
      co_await swallow(*socket);
      break;
    case Reply::Then::flood:
      co_await flood(socket, std::string_view(reply.bytes).substr(reply.bytes.rfind('\n') + 1));
      break;
  }
  error_code ignored;
  socket->close(ignored);
  co_return false;
}

net::Awaitable<void> ScriptedServer::flood(LoopbackServer::SocketPtr socket, std::string_view bytes) {
  for (bool open = true; open;) {
    open = co_await write_all(*socket, bytes);
    if (open) flooded_ += bytes.size();
  }
}

std::string http_answer(int status, std::string_view body, std::string_view headers) {
  return fmt::format("HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", status,
                     body.size(), headers, body);
}

std::string success(std::string_view headers) {
  return http_answer(200, R"({"code":0,"msg":"success"})", headers);
}

}  // namespace koobatch::test
