#pragma once
#include "koobatch/control/socket_file.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::control {

/// Answers other processes of the same user at a socket beside the report. Has no thread of its own and never blocks:
/// slow clients are answered later, silent ones are disconnected.
class Server {
 public:
  /// The maximum number of clients; a further one replaces the client that has waited longest.
  static constexpr std::size_t most_clients = 4;
  static constexpr Duration patience = std::chrono::seconds(5);
  /// Descriptors it needs.
  static constexpr std::size_t descriptors = most_clients + 2;

  static Result<Server> open(const std::filesystem::path& report);

  /// Answers the requests since the last call. `answer` is passed a line without its newline, and returns one with it.
  void serve(const std::function<std::string(std::string_view)>& answer, TimePoint now);

 private:
  struct Client {
    Descriptor socket;
    std::string asked;
    TimePoint came;
  };
  explicit Server(SocketFile socket) : socket_(std::move(socket)) {}
  void admit(TimePoint now);
  static bool attend(Client& client, const std::function<std::string(std::string_view)>& answer, TimePoint now);

  SocketFile socket_;
  std::list<Client> clients_;  ///< in the order in which they connected
};

}  // namespace koobatch::control
