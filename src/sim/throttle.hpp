#pragma once
#include "koobatch/sim/throttle_settings.hpp"
#include "sim/quota_counter.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::sim {

/// The state of a quota after a request, as the service declares it.
struct QuotaState {
  double limit = 0;       ///< requests
  Duration span{};        ///< the period to which `limit` applies
  double left = 0;        ///< requests that would be admitted immediately
  Duration until_full{};  ///< the time until `limit` requests would be
};

/// A limit of the service: which requests it admits, over all users together or per user. Makes decisions only, no I/O.
/// Time is passed in and may step back a little. Users who have no request in flight and none that counts against their
/// quota are forgotten.
class Throttle {
 public:
  enum class Refusal { none, rate, concurrency };

  /// The decision about a request, and the quota at that moment; none if no rate applies at present.
  struct Verdict {
    Refusal refusal = Refusal::none;
    std::optional<QuotaState> quota{};
  };

  /// An admitted request's place among those in flight.
  struct Place {
    bool taken = false;
    std::string user;
  };

  /// `clock`: when the clock showed 0.
  Throttle(ThrottleSettings settings, TimePoint clock);

  /// Decides about a request. Precondition: `place` is not taken. If the request is admitted and the number in flight
  /// is limited, `place` is taken until leave().
  Verdict admit(std::string_view user, TimePoint now, Place& place);
  /// Reports that the request is no longer in flight. Does nothing if the place is not taken.
  void leave(Place& place);

  const ThrottleSettings& settings() const { return settings_; }
  /// The number of users remembered.
  std::size_t users() const { return users_.size(); }

 private:
  /// The state of one user, or of all together.
  struct User {
    std::unique_ptr<QuotaCounter> counter;
    std::uint32_t in_flight = 0;
  };

  User& find(std::string_view name, TimePoint now);
  void forget_idle_users(TimePoint now);
  double rate(TimePoint now);
  QuotaState state(QuotaCounter& counter, double rate, TimePoint now) const;

  ThrottleSettings settings_;
  TimePoint clock_;
  std::optional<TimePoint> first_request_;
  std::size_t step_ = 0;  ///< index into settings_.rates
  boost::unordered_flat_map<std::string, User> users_;
  std::size_t enough_users_;  ///< the number of users at which to forget idle ones
};

}  // namespace koobatch::sim
