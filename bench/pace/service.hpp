#pragma once
#include "koobatch/core/clock.hpp"
#include "pace/limiter.hpp"
#include "pace/service_spec.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <vector>

namespace koobatch::pace_bench {

/// What became of a request.
struct Reply {
  enum class What {
    accepted,
    refused,  ///< too many: HTTP `http`
    failed,   ///< HTTP `http`
    reset,    ///< the connection was reset
    silence,  ///< there will never be an answer
  };
  What what = What::accepted;
  int http = 200;
  std::optional<Duration> retry_after = {};
  bool user_only = false;  ///< whether a refusal, or what is declared, concerns only the user
  std::optional<Declared> declared = {};
  Duration after{};  ///< how long the answer takes
};

/// Simulates a service: each request is decided when it is sent, and its answer arrives later. Requests must be in
/// order of time.
class Service {
 public:
  /// `seed`: for noise and latencies only.
  Service(const ServiceSpec& spec, std::uint64_t seed);

  Reply request(TimePoint now, std::uint32_t user);
  /// How long it takes to open a connection; nothing if it is refused.
  std::optional<Duration> connect(TimePoint now);

 private:
  Duration latency(double mean);
  Reply refuse(double now, const Limiter* limiter);
  Reply accept(TimePoint now);
  void declare(double now, const Limiter* limiter, Reply& reply) const;
  bool has_room(TimePoint now);

  ServiceSpec spec_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Limiter>> limiters_;  ///< one for all users, or one per user
  double accepted_ = 0;
  /// When each of the requests being processed will be done.
  std::priority_queue<TimePoint, std::vector<TimePoint>, std::greater<>> leaving_;
  TimePoint queue_free_;
};

}  // namespace koobatch::pace_bench
