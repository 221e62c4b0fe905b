#pragma once
#include "koobatch/auth/app_key.hpp"
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
  truncate,  ///< applies, then sends the answer's head and half of its body, and closes
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
/// Reads the form above. An error (usage) says what is wrong with it.
Result<Fault> parse_fault(std::string_view text);

struct SimulatorSettings {
  std::uint16_t port = 0;  ///< 0: any free one
  Duration latency{};      ///< each answer is held back by it
  Duration jitter{};       ///< added to latency, uniform in [0, jitter]
  std::vector<Fault> faults;
  double throttle = 0;           ///< requests a second, with bursts of a tenth of that, before 429 APIG.0308; 0: none
  double throttle_per_user = 0;  ///< the same for each X-User-Id on its own, with a Retry-After of a second
  std::uint64_t seed = 0;        ///< of faults and jitter; equal seeds and request orders make equal runs
  std::filesystem::path log;     ///< emptied, then one NDJSON line per operation request; empty: none
  std::filesystem::path certificate;  ///< PEM; with `key`: TLS
  std::filesystem::path key;
  std::string token;          ///< the only access token accepted at first; empty: any, but none if there is an app
  std::string refresh_token;  ///< gives others, and another refresh token, once; empty: there is no such call
  std::uint64_t token_requests = 0;             ///< an access token serves so many; 0: any number
  Duration token_lifetime{};                    ///< and lives so long after its last use; 0: for ever
  std::shared_ptr<const auth::AppKey> app_key;  ///< the app whose signatures are accepted; null: none
  std::filesystem::path tokens_file;            ///< of each user the only one accepted, looked at when it changes
};

/// The embedded service on 127.0.0.1: as strict as the documentation, values in memory, faults on request. Runs on a
/// thread of its own from start() to destruction, which takes no longer than closing its connections.
///
/// A request is judged by the throttles, then the documented rules, then the faults: these hit only requests that would
/// have succeeded. Its effect becomes real just before it is answered, that is after the latency; a client that closes
/// its connection before (half-closing counts) has changed nothing.
///
/// GET /_sim/state: NDJSON, a line per key with its present values, in the order in which the keys were first set.
/// GET /_sim/stats: a JSON object of counts. Both need no headers, are not delayed, counted or faulted.
class Simulator {
 public:
  /// Listens before it returns. An error (usage) if the settings do not go together, or the port, a file or the
  /// certificate cannot be used.
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
