#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::sim {

/// How requests are counted against a rate.
enum class Counting {
  bucket,   ///< a token bucket that holds `span`'s worth of the rate, at least one request
  window,   ///< windows of length `span`, aligned with the clock; each admits its quota at any moment within it
  sliding,  ///< no more than the quota in any interval of length `span`, wherever it begins
};

/// Where a service declares its quota.
enum class Declaration {
  message,            ///< in the text of a refusal, as the gateway does
  none,               ///< nowhere
  ietf,               ///< RateLimit-Policy, RateLimit
  ratelimit,          ///< RateLimit-Limit, -Remaining, -Reset
  x_ratelimit,        ///< X-RateLimit-Limit, -Remaining, -Reset in seconds
  x_ratelimit_epoch,  ///< like x_ratelimit, but -Reset is a time, in seconds since 1970
  apig,               ///< X-Apig-RateLimit-api or -user
  apig_debug,         ///< like apig, but only for requests with X-Apig-Mode: debug, as the gateway does
};

/// The rate that applies from some time on.
struct RateStep {
  Duration from{};  ///< since the first request
  double rate = 0;  ///< requests a second; 0: unlimited
};

/// A limit of the embedded service.
struct ThrottleSettings {
  std::vector<RateStep> rates;  ///< in ascending order, the first from 0 on; empty: unlimited
  Counting counting = Counting::bucket;
  Duration span = std::chrono::milliseconds(100);  ///< of the bucket or window
  std::uint32_t concurrency = 0;                   ///< the maximum number of requests in flight; 0: unlimited
  bool per_user = false;                           ///< for each X-User-Id separately; otherwise for all together
  int status = 429;                                ///< the HTTP status of a refusal
  std::optional<int> retry_after{};                ///< in seconds, sent with a refusal
  Declaration declaration = Declaration::message;
  double declared_factor = 1;  ///< the declared quota is the real one times this factor

  /// Whether anything is ever refused.
  bool limits() const;
};

/// Parses "300/s", "300/s,window,retry-after=1s", "300/s@0s,600/s@5s,bucket=0.5s" or "none". A usage error says what is
/// wrong and what would be accepted.
Result<ThrottleSettings> parse_throttle(std::string_view text);

/// The number of requests that `rate` allows in `span`, at least one.
double requests_in(double rate, Duration span);

}  // namespace koobatch::sim
