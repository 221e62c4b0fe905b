#include "scripted_server.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/find.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>

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

net::Awaitable<void> ScriptedServer::serve(LoopbackServer::SocketPtr socket) {
  static const Reply healthy{.bytes = success()};
  for (;;) {
    const auto [error] = co_await socket->async_wait(net::Socket::wait_read, net::as_result);
    error_code ignored;
    if (error || socket->available(ignored) == 0) break;
    // Taken before anything is awaited, so that no two requests get the same reply.
    const std::size_t number = next_++;
    const Reply& reply = number < replies_.size() ? replies_[number] : healthy;
    bool came = true;
    if (!reply.unread) came = co_await read_request(*socket);
    if (!came) break;
    ++requests_;
    if (reply.before) reply.before();
    const bool open = co_await answer(socket, reply);
    if (!open) break;
  }
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
