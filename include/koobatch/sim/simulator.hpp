#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::sim {

enum class FaultKind {
  status,    ///< answers `status`, optionally with Retry-After; not applied
  reset,     ///< applies or not (by chance), then resets the connection without an answer
  drop,      ///< reads the request, does not apply it, closes the connection without an answer
  truncate,  ///< applies, then sends half of the answer and closes
  garbage,   ///< applies, then answers 200 with bytes that are no JSON
  stall,     ///< applies, then never answers (until the client leaves)
};

/// "status=503,rate=0.05,retry-after=1", "reset,rate=0.02"
struct Fault {
  FaultKind kind = FaultKind::status;
  double rate = 0;  ///< 0 to 1, of operation requests
  int status = 0;
  std::optional<int> retry_after;  ///< seconds
};
Result<Fault> parse_fault(std::string_view text);

struct SimulatorSettings {
  std::uint16_t port = 0;  ///< 0: any free one
  Duration latency{};
  Duration jitter{};  ///< added to latency, uniform in [0, jitter]
  std::vector<Fault> faults;
  double throttle = 0;                ///< requests a second before 429 APIG.0308; 0: none
  std::uint64_t seed = 0;             ///< of faults and jitter; equal seeds and request orders make equal runs
  std::filesystem::path log;          ///< empty: none
  std::filesystem::path certificate;  ///< PEM; with `key`: TLS
  std::filesystem::path key;
  std::string token;  ///< the only access token accepted; empty: any
};

/// The embedded service on 127.0.0.1: as strict as the documentation, values in memory, faults on request. Runs on a
/// thread of its own from start() to destruction.
class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> start(const SimulatorSettings& settings);
  ~Simulator();
  /// "http://127.0.0.1:PORT", or https.
  const std::string& url() const;

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::sim
