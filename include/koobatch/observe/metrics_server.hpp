#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/observe/metrics.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::observe {

/// Checks that `text` is an address and port to listen on, "127.0.0.1:9464" or "[::1]:0". A usage error says why not.
Result<void> check_metrics_address(std::string_view text);

/// Serves the metrics at http://ADDRESS/metrics, for Prometheus to scrape, on its own threads.
class MetricsServer {
 public:
  using Read = std::function<Metrics()>;  ///< called from those threads
  /// The number of clients served at once. A client that connects and sends nothing occupies a thread for `patience`.
  static constexpr std::size_t threads = 3;
  static constexpr Duration patience = std::chrono::seconds(5);
  /// Descriptors it needs: one per client, including one waiting, and the listening socket.
  static constexpr std::size_t descriptors = threads + 2;

  /// A usage error if it cannot listen there.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& address, Read read);
  ~MetricsServer();

  /// "http://127.0.0.1:9464/metrics", with the actual port.
  const std::string& url() const;

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::observe
