// The physical limit of a client with one thread: keep-alive connections on an epoll loop that send the same bytes over
// and over and read the answers by their Content-Length. It reads no job, checks nothing and records nothing; a real
// client takes longer because it does. Plain HTTP only.
//   floor PORT CONNECTIONS REQUESTS FILE      FILE holds the bytes of the request
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

struct Connection {
  int fd = -1;
  std::string received;
};

Connection connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {fd, {}};
}

/// The size of the first answer in `received`; 0 if it is not complete yet.
std::size_t answer_size(std::string_view received) {
  constexpr std::string_view length_header = "\r\nContent-Length: ";
  const auto head = received.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  const auto field = received.find(length_header);
  if (field > head) throw std::runtime_error("an answer without Content-Length");
  std::size_t length = 0;
  const char* const digits = received.data() + field + length_header.size();
  std::from_chars(digits, received.data() + received.size(), length);
  const std::size_t size = head + 4 + length;
  return received.size() < size ? 0 : size;
}

class Floor {
 public:
  Floor(std::uint16_t port, std::size_t connections, std::uint64_t requests, std::string request)
      : request_(std::move(request)), to_send_(requests), to_receive_(requests), epoll_(::epoll_create1(0)) {
    for (std::size_t i = 0; i < connections; ++i) connections_.push_back(connect_to(port));
    for (std::size_t i = 0; i < connections; ++i) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event) != 0) fail("epoll_ctl");
    }
  }
  ~Floor() {
    for (const auto& connection : connections_) ::close(connection.fd);
    ::close(epoll_);
  }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void run() {
    for (auto& connection : connections_) send(connection);
    std::array<epoll_event, 512> events{};
    while (to_receive_ > 0) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < count; ++i) receive(connections_[events[static_cast<std::size_t>(i)].data.u64]);
    }
  }

 private:
  void send(const Connection& connection) {
    if (to_send_ == 0) return;
    --to_send_;
    // A request is far smaller than a socket's buffer, so it is written as a whole.
    const auto size = static_cast<ssize_t>(request_.size());
    if (::send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != size) fail("send");
  }

  void receive(Connection& connection) {
    char buffer[4096];
    const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (got <= 0) fail("recv");
    connection.received.append(buffer, static_cast<std::size_t>(got));
    if (const std::size_t size = answer_size(connection.received)) {
      if (!connection.received.starts_with("HTTP/1.1 200 ")) throw std::runtime_error(connection.received);
      connection.received.erase(0, size);
      --to_receive_;
      send(connection);
    }
  }

  std::string request_;
  std::uint64_t to_send_;
  std::uint64_t to_receive_;
  std::vector<Connection> connections_;
  int epoll_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) throw std::runtime_error("usage: floor PORT CONNECTIONS REQUESTS FILE");
  std::ifstream file(argv[4], std::ios::binary);
  const std::string request{std::istreambuf_iterator<char>(file), {}};
  if (request.empty()) throw std::runtime_error(std::string(argv[4]) + ": holds no request");
  const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  Floor floor(port, std::strtoul(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10), request);
  floor.run();
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::fprintf(stderr, "floor: %s\n", error.what());
  return EXIT_FAILURE;
}
