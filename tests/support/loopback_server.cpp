#include "loopback_server.hpp"

#include "koobatch/net/address_memory.hpp"

#include <fcntl.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <exception>
#include <future>
#include <utility>

namespace koobatch::test {

namespace asio = net::asio;
using boost::system::error_code;

namespace {

/// The processes that a test starts must not hold its connections open.
template <class Socket>
void keep_from_children(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

}  // namespace

asio::ip::tcp::endpoint local(const std::string& address, std::uint16_t port) {
  return {asio::ip::make_address(address), port};
}

LoopbackServer::LoopbackServer(Session session, const asio::ip::tcp::endpoint& at)
    : session_(std::move(session)), acceptor_(context_, at) {
  keep_from_children(acceptor_);
  accept();
  thread_ = std::thread([this] { context_.run(); });
}

LoopbackServer::~LoopbackServer() {
  asio::post(context_, [this] {
    error_code ignored;
    work_.reset();
    acceptor_.close(ignored);
    close_sockets();
  });
  thread_.join();
}

std::string LoopbackServer::url() const {
  return "http://" + net::to_text(at_);
}

void LoopbackServer::close_sockets() {
  error_code ignored;
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock()) socket->close(ignored);
  }
  sockets_.clear();
}

template <class Action>
void LoopbackServer::on_thread(Action action) {
  std::promise<void> done;
  asio::post(context_, [&] {
    action();
    done.set_value();
  });
  done.get_future().wait();
}

void LoopbackServer::stop_accepting() {
  on_thread([this] {
    error_code ignored;
    acceptor_.cancel(ignored);
  });
}

void LoopbackServer::accept_again() {
  on_thread([this] { accept(); });
}

void LoopbackServer::close_connections(const std::function<void()>& change) {
  on_thread([&] {
    close_sockets();
    change();
  });
}

void LoopbackServer::accept() {
  acceptor_.async_accept([this](const error_code& error, net::Socket socket) {
    if (error) return;
    accepted(std::move(socket));
    accept();
  });
}

void LoopbackServer::accepted(net::Socket socket) {
  keep_from_children(socket);
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto shared = std::make_shared<net::Socket>(std::move(socket));
  sockets_.push_back(shared);
  asio::co_spawn(context_, session_(shared, connections_++), [](const std::exception_ptr& exception) {
    if (exception) std::rethrow_exception(exception);  // a bug in the test: terminate
  });
}

LoopbackServer::SocketPtr LoopbackServer::make_socket() {
  const auto socket = std::make_shared<net::Socket>(context_, asio::ip::tcp::v4());
  keep_from_children(*socket);
  sockets_.push_back(socket);
  return socket;
}

void reset(net::Socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

net::Awaitable<void> pause(asio::io_context& context, std::chrono::microseconds duration) {
  net::Timer timer(context, duration);
  co_await timer.async_wait(net::as_result);
}

net::Awaitable<bool> write_all(net::Socket& socket, std::string_view bytes) {
  const auto [error, written] =
      co_await asio::async_write(socket, asio::buffer(bytes.data(), bytes.size()), net::as_result);
  co_return !error;
}

}  // namespace koobatch::test
