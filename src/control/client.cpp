#include "koobatch/control/client.hpp"

#include "koobatch/core/descriptor.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace koobatch::control {
namespace {

/// A run serves its socket ten times a second, so this is ample.
constexpr int patience_seconds = 10;
/// Attempts at a run that hangs up.
constexpr int most_tries = 20;
constexpr auto between_tries = std::chrono::milliseconds(50);

/// The line received; empty: none within the time. Nothing if the peer hung up.
std::optional<std::string> converse(int fd, std::string_view asked) {
  if (::send(fd, asked.data(), asked.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(asked.size())) return std::nullopt;
  std::string text;
  std::array<char, 4096> bytes;
  while (text.size() <= longest_reply) {
    const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return std::nullopt;
    if (count < 0) return std::string();
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (const auto end = text.find('\n'); end != std::string::npos) return text.substr(0, end);
  }
  return std::string();
}

}  // namespace

Result<std::variant<Reply, Silence>> ask(const std::filesystem::path& report, const Request& request) {
  const auto path = socket_path(report);
  if (!path) return path.error();
  std::optional<std::string> line;
  // A run that is just ending may hang up on clients it has not served: then no process will listen at the next
  // attempt. Asking twice does no harm.
  for (int i = 0; i < most_tries && !line; ++i) {
    if (i > 0) std::this_thread::sleep_for(between_tries);
    const auto contact = connect_to(*path, patience_seconds);
    if (!contact) return contact.error();
    if (const auto* silence = std::get_if<Silence>(&*contact)) return *silence;
    line = converse(std::get<Descriptor>(*contact).get(), to_line(request));
  }
  if (!line || line->empty()) {
    return fatal_error(report.native() + ": the run does not answer; it may be ending, or its terminal is stopped");
  }
  auto reply = parse_reply(*line);
  if (!reply) return Error{reply.error().kind, report.native() + ": " + reply.error().message};
  return std::move(*reply);
}

}  // namespace koobatch::control
