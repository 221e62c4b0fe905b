#include "engine_relay.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace koobatch::test {
namespace {

using Way = EngineRelay::Way;

/// How long a change of way may go unnoticed.
constexpr int attention_ms = 5;

int listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, SOMAXCONN) != 0) {
    throw std::runtime_error("the relay cannot listen");
  }
  return fd;
}

int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

bool send_all(int fd, const char* bytes, std::size_t size) {
  while (size != 0) {
    const ssize_t sent = ::send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

/// A worker's connection, and the one it leads to.
struct EngineRelay::Pair {
  Pair(int w, int s) : worker(w), server(s) {}
  ~Pair() {
    ::close(worker);
    ::close(server);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void reset() const {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(worker, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  /// Returns whether more may follow.
  bool pass_on(int from, int to) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t size = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size > 0) return send_all(to, bytes.data(), static_cast<std::size_t>(size));
    return size < 0 && (errno == EAGAIN || errno == EINTR);
  }

  const int worker;
  const int server;
};

EngineRelay::EngineRelay(const PostgresServer& server)
    : server_(server.folder() + "/.s.PGSQL.5432"), listener_(listen_on_loopback()), thread_([this] { relay(); }) {}

EngineRelay::~EngineRelay() {
  ended_ = true;
  thread_.join();
  pairs_.clear();
  ::close(listener_);
}

std::string EngineRelay::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", ntohs(address.sin_port));
}

std::unique_ptr<EngineRelay::Pair> EngineRelay::accept() const {
  const int worker = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (worker < 0) return nullptr;
  const int server = connect_to(server_);
  auto pair = std::make_unique<Pair>(worker, server);
  if (server >= 0 && way_ != Way::closed) return pair;
  pair->reset();
  return nullptr;
}

void EngineRelay::relay() {
  while (!ended_) {
    const Way way = way_;
    if (way == Way::closed) {
      for (const auto& pair : pairs_) pair->reset();
      pairs_.clear();
    }
    const short statements = way == Way::open || way == Way::no_answers ? POLLIN : 0;
    const short answers = way == Way::open || way == Way::no_statements ? POLLIN : 0;
    // Negative descriptors are passed over: those of an end that has closed would be reported for ever.
    std::vector<pollfd> watched{{way == Way::silent ? -1 : listener_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      watched.push_back({statements != 0 ? pair->worker : -1, statements, 0});
      watched.push_back({answers != 0 ? pair->server : -1, answers, 0});
    }
    if (::poll(watched.data(), watched.size(), attention_ms) <= 0) continue;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      auto& pair = pairs_[i];
      bool alive = true;
      if (watched[2 * i + 1].revents != 0) alive = pair->pass_on(pair->worker, pair->server);
      if (alive && watched[2 * i + 2].revents != 0) alive = pair->pass_on(pair->server, pair->worker);
      if (!alive) pair.reset();
    }
    std::erase(pairs_, nullptr);
    if (watched[0].revents != 0) {
      if (auto pair = accept()) pairs_.push_back(std::move(pair));
    }
  }
}

std::ostream& operator<<(std::ostream& out, EngineRelay::Way way) {
  constexpr std::array names = {"open", "silent", "no statements", "no answers", "closed"};
  return out << names[static_cast<std::size_t>(way)];
}

}  // namespace koobatch::test
