#include "koobatch/control/server.hpp"

#include "koobatch/control/protocol.hpp"
#include "koobatch/control/socket_file.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace koobatch::control {

Result<Server> Server::open(const std::filesystem::path& report) {
  auto path = socket_path(report);
  if (!path) return path.error();
  const auto fd = listen_at(*path);
  if (!fd) return fd.error();
  return Server(std::move(*path), *fd);
}

Server::Server(Server&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), clients_(std::move(other.clients_)) {}

Server::~Server() {
  if (fd_ < 0) return;
  // Nobody else can have put another there: the report is locked.
  ::unlink(path_.c_str());
  ::close(fd_);
  while (!clients_.empty()) dismiss(0);
}

void Server::serve(const std::function<std::string(std::string_view)>& answer, TimePoint now) {
  admit(now);
  for (std::size_t i = clients_.size(); i-- > 0;) {
    if (attend(clients_[i], answer, now)) dismiss(i);
  }
}

/// Without a descriptor left, whoever comes waits until there is one.
void Server::admit(TimePoint now) {
  for (std::size_t admitted = 0; admitted < most_clients; ++admitted) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() == most_clients) dismiss(0);
    clients_.push_back({fd, {}, now});
  }
}

/// True if there is nothing more to be done for the client.
bool Server::attend(Client& client, const std::function<std::string(std::string_view)>& answer, TimePoint now) {
  std::array<char, longest_request + 1> bytes;
  const ssize_t count = ::recv(client.fd, bytes.data(), bytes.size(), 0);
  if (count == 0) return true;
  if (count < 0) return (errno != EAGAIN && errno != EINTR) || now - client.came >= patience;
  client.asked.append(bytes.data(), static_cast<std::size_t>(count));
  const auto end = client.asked.find('\n');
  if (end == std::string::npos && client.asked.size() <= longest_request) return false;
  const std::string reply = end > longest_request ? to_line(usage_error("the request is too long"))
                                                  : answer(std::string_view(client.asked).substr(0, end));
  // The buffer of a new connection holds it. Who has made theirs too small gets what fits.
  [[maybe_unused]] const auto sent = ::send(client.fd, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return true;
}

void Server::dismiss(std::size_t index) {
  ::close(clients_[index].fd);
  clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace koobatch::control
