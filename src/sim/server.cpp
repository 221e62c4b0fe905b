#include "sim/server.hpp"

#include "sim/session.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

namespace koobatch::sim {
namespace {

namespace asio = boost::asio;

/// How often pending lines are written to the log (which may lag by at most 100 ms) and deadlines are checked.
constexpr std::chrono::milliseconds tick_time{50};

/// An exception that ends a coroutine is a bug; it ends only its own connection, and is logged.
void report(std::exception_ptr failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    spdlog::error("simulator: a connection ended with an internal error: {}", e.what());
  }
}

/// Keeps the session alive until it has finished.
template <class Stream>
Task<> run_session(std::unique_ptr<Session<Stream>> session) {
  co_await session->run();
}

template <class Stream>
void spawn_session(asio::io_context& io, std::unique_ptr<Session<Stream>> session) {
  asio::co_spawn(io, run_session(std::move(session)), report);
}

}  // namespace

Server::Server(asio::io_context& io, Acceptor acceptor, asio::ssl::context* tls, Simulation& simulation)
    : io_(io), acceptor_(std::move(acceptor)), accept_pause_(io), tick_(io), tls_(tls), simulation_(simulation) {}

void Server::start() {
  asio::co_spawn(io_, accept(), report);
  asio::co_spawn(io_, keep_house(), report);
}

void Server::stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  tick_.cancel();
  for (Connection* connection : connections_) connection->close();
}

void Server::remove(Connection& connection) {
  connections_.erase(&connection);
  deadlines_.erase(&connection);
}

Task<> Server::accept() {
  bool failed = false;
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_.async_accept(use_task);
    if (stopping_) co_return;
    if (!error) {
      failed = false;
      welcome(std::move(socket));
      continue;
    }
    // Usually too many open files. This resolves when connections end; retrying immediately would keep the thread busy.
    if (!failed) {
      spdlog::warn("simulator: cannot accept connections: {}; retrying (is `ulimit -n` too low?)", error.message());
    }
    failed = true;
    accept_pause_.expires_after(tick_time);
    (void)co_await accept_pause_.async_wait(use_task);
  }
}

void Server::welcome(Socket socket) {
  const std::uint64_t number = ++simulation_.stats().connections;
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  if (tls_ != nullptr) {
    using Stream = asio::ssl::stream<Socket>;
    spawn_session(io_, std::make_unique<Session<Stream>>(*this, Stream(std::move(socket), *tls_), number));
  } else {
    spawn_session(io_, std::make_unique<Session<Socket>>(*this, std::move(socket), number));
  }
}

Task<> Server::keep_house() {
  while (!stopping_) {
    tick_.expires_after(tick_time);
    (void)co_await tick_.async_wait(use_task);
    simulation_.flush_log();
    const TimePoint now = Steady::now();
    // Closing only cancels what a session waits for; the session removes itself from the tables later, in its own
    // coroutine.
    for (const auto& [connection, deadline] : deadlines_) {
      if (deadline <= now) connection->close();
    }
  }
}

}  // namespace koobatch::sim
