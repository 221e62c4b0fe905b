#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/counters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koobatch::observe {

/// How a request ended, as far as charts distinguish it.
enum class RequestOutcome : std::uint8_t {
  succeeded,
  rejected,      ///< refused as it is; repeated nevertheless if our clock was the reason and has been corrected
  throttled,     ///< asked to slow down
  unauthorized,  ///< the credentials were refused
  failed,        ///< answered with a service error or an unreadable answer
  unanswered,
};

constexpr std::array<std::string_view, 6> request_outcome_names = {"succeeded",    "rejected", "throttled",
                                                                   "unauthorized", "failed",   "unanswered"};

/// Upper limits of the duration buckets; one more bucket holds everything longer.
constexpr std::array<Duration, 14> request_duration_limits = [] {
  using namespace std::chrono_literals;
  return std::array<Duration, 14>{1ms, 2500us, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s, 30s};
}();

/// The sum of several threads' counts, at one moment.
struct RequestTotals {
  std::array<std::uint64_t, request_outcome_names.size()> by_outcome{};
  std::array<std::uint64_t, request_duration_limits.size() + 1> by_duration{};
  Duration time{};  ///< of all requests together
};

/// Counts one thread's requests while others read: three additions and a short search for each.
class RequestCounters {
 public:
  void add(RequestOutcome outcome, Duration duration) {
    by_outcome_[static_cast<std::size_t>(outcome)].add();
    const auto limit = std::lower_bound(request_duration_limits.begin(), request_duration_limits.end(), duration);
    by_duration_[static_cast<std::size_t>(limit - request_duration_limits.begin())].add();
    nanoseconds_.add(static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0)));
  }
  void add_to(RequestTotals& sum) const {
    for (std::size_t i = 0; i < by_outcome_.size(); ++i) sum.by_outcome[i] += by_outcome_[i].get();
    for (std::size_t i = 0; i < by_duration_.size(); ++i) sum.by_duration[i] += by_duration_[i].get();
    sum.time += Duration(static_cast<Duration::rep>(nanoseconds_.get()));
  }

 private:
  std::array<Counter, request_outcome_names.size()> by_outcome_;
  std::array<Counter, request_duration_limits.size() + 1> by_duration_;
  Counter nanoseconds_;
};

}  // namespace koobatch::observe
