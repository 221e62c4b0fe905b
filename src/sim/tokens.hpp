#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::sim {

/// Which access token is currently valid, and which refresh token yields a new one. No sockets, no clock.
class Tokens {
 public:
  struct Settings {
    std::string access{};        ///< the only one accepted initially; empty: any
    std::string refresh{};       ///< the first refresh token; empty: there are no refreshes
    std::uint64_t requests = 0;  ///< requests that an access token is good for; 0: unlimited
    Duration lifetime{};         ///< how long it remains valid after its last use; 0: forever
  };
  /// The lifetime that answers report if none is set.
  static constexpr std::chrono::seconds default_lifetime{1800};

  explicit Tokens(Settings settings) : settings_(std::move(settings)), access_(settings_.access) {}

  /// Whether this token is valid. Each true result counts as a use.
  bool accept(std::string_view token, WallTime now);
  /// Replaces both tokens, which invalidates the previous ones. False: the refresh token is not valid.
  bool refresh(std::string_view refresh_token, WallTime now);
  /// Whether this access token is or was valid.
  bool was_issued(std::string_view token) const;
  /// Whether a single token is valid rather than any.
  bool is_set() const { return !access_.empty(); }
  std::string_view access() const { return access_; }
  std::string_view refresh_token() const { return settings_.refresh; }
  std::chrono::seconds lifetime() const;
  /// Whether requests can be refreshes at all.
  bool refreshes() const { return !settings_.refresh.empty(); }

 private:
  Settings settings_;
  std::string access_;
  std::vector<std::string> former_;  ///< access tokens
  std::uint64_t number_ = 0;         ///< counts refreshes
  std::uint64_t used_ = 0;
  WallTime last_use_ = WallTime::max();  ///< not used so far: does not expire
};

}  // namespace koobatch::sim
