#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::sim {

/// Which access token is good just now, and for which refresh token there is another. Neither sockets nor clock.
class Tokens {
 public:
  struct Settings {
    std::string access{};        ///< the only one accepted at first; empty: any
    std::string refresh{};       ///< the first refresh token; empty: there are no refreshes
    std::uint64_t requests = 0;  ///< an access token serves so many; 0: any number
    Duration lifetime{};         ///< and lives so long after its last use; 0: for ever
  };
  /// How long a token lives, as answers say it where nothing is set.
  static constexpr std::chrono::seconds default_lifetime{1800};

  explicit Tokens(Settings settings) : settings_(std::move(settings)), access_(settings_.access) {}

  /// Is this the token that is good? Each time it is found so counts as a use.
  bool accept(std::string_view token, WallTime now);
  /// Gives both tokens anew, so that the ones before are spent. False: not for this refresh token.
  bool refresh(std::string_view refresh_token, WallTime now);
  /// Is this an access token that is good, or was?
  bool was_issued(std::string_view token) const;
  /// Is there one token that is good, or are all?
  bool is_set() const { return !access_.empty(); }
  std::string_view access() const { return access_; }
  std::string_view refresh_token() const { return settings_.refresh; }
  std::chrono::seconds lifetime() const;
  /// Can a request be about refreshing at all?
  bool refreshes() const { return !settings_.refresh.empty(); }

 private:
  Settings settings_;
  std::string access_;
  std::vector<std::string> former_;  ///< access tokens
  std::uint64_t number_ = 0;         ///< of refreshes
  std::uint64_t used_ = 0;
  WallTime last_use_ = WallTime::max();  ///< not used so far: lives on
};

}  // namespace koobatch::sim
