#include "koobatch/control/server.hpp"

#include "koobatch/control/protocol.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

namespace koobatch::control {

Result<Server> Server::open(const std::filesystem::path& report) {
  auto path = socket_path(report);
  if (!path) return path.error();
  auto socket = SocketFile::listen(*path);
  if (!socket) return socket.error();
  return Server(std::move(*socket));
}

void Server::serve(const std::function<std::string(std::string_view)>& answer, TimePoint now) {
  admit(now);
  for (auto client = clients_.begin(); client != clients_.end();) {
    client = attend(*client, answer, now) ? clients_.erase(client) : std::next(client);
  }
}

/// Without a free descriptor, clients wait until there is one.
void Server::admit(TimePoint now) {
  for (std::size_t admitted = 0; admitted < most_clients; ++admitted) {
    const int fd = ::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() == most_clients) clients_.pop_front();
    clients_.push_back({Descriptor(fd), {}, now});
  }
}

/// Returns whether the client is finished.
bool Server::attend(Client& client, const std::function<std::string(std::string_view)>& answer, TimePoint now) {
  std::array<char, longest_request + 1> bytes;
  const ssize_t count = ::recv(client.socket.get(), bytes.data(), bytes.size(), 0);
  if (count == 0) return true;
  if (count < 0) return (errno != EAGAIN && errno != EINTR) || now - client.came >= patience;
  client.asked.append(bytes.data(), static_cast<std::size_t>(count));
  const auto end = client.asked.find('\n');
  if (end == std::string::npos && client.asked.size() <= longest_request) return false;
  const std::string reply = end > longest_request ? to_line(usage_error("the request is too long"))
                                                  : answer(std::string_view(client.asked).substr(0, end));
  // The buffer of a new connection holds it. A client that has reduced its own gets what fits.
  [[maybe_unused]] const auto sent =
      ::send(client.socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return true;
}

}  // namespace koobatch::control
