#include "koobatch/cli/room.hpp"

#include "koobatch/control/server.hpp"
#include "koobatch/net/descriptors.hpp"
#include "koobatch/observe/metrics_server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace koobatch::cli {
namespace {

/// What an io_context opens for itself.
constexpr std::uint64_t for_each_thread = 3;
/// The job, the report, the resolver and a token that is read anew.
constexpr std::uint64_t for_the_run = 8;
/// Those who read metrics, and the file of them.
constexpr std::uint64_t for_metrics = observe::MetricsServer::descriptors + 1;

/// With fewer, connections are more important than answers to questions.
constexpr std::uint64_t enough_to_be_asked = 64;

bool may_be_asked(std::uint64_t free) {
  return free >= enough_to_be_asked;
}

}  // namespace

bool has_room_to_be_asked() {
  return may_be_asked(net::free_descriptors());
}

Result<void> fit_connections(engine::RunSettings& settings) {
  const std::uint64_t free = net::free_descriptors();
  const std::uint64_t reserved = for_each_thread * settings.threads + for_the_run +
                                 (settings.metrics ? for_metrics : 0) +
                                 (may_be_asked(free) ? control::Server::descriptors : 0);
  // The embedded simulator holds the other end of each connection.
  const std::uint64_t for_each_connection = settings.simulated ? 2 : 1;
  const std::uint64_t fitting = free > reserved ? (free - reserved) / for_each_connection : 0;
  if (fitting >= settings.connections) return {};
  if (fitting < settings.threads) {
    return usage_error(fmt::format(
        "the limit on open files leaves no room for --threads {} with a connection each; raise it, e.g. ulimit -n 1024",
        settings.threads));
  }
  spdlog::warn(
      "the limit on open files leaves room for {} of {} connections; raise it (ulimit -n) or lower --connections",
      fitting, settings.connections);
  settings.connections = static_cast<unsigned>(fitting);
  return {};
}

}  // namespace koobatch::cli
