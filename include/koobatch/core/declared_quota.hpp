#pragma once
#include "koobatch/core/clock.hpp"

#include <array>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace koobatch {

/// What a service declares about a limit it enforces. It may be wrong, outdated or a lie: only the ranges below are
/// guaranteed. Members that the service left out, or gave values that make no sense, are empty.
struct DeclaredQuota {
  enum class Scope : std::uint8_t {
    everybody,  ///< shared by all requests of the run: the API's, the app's, this address's
    user,       ///< each user has one; the other members are about the operation's user
  };

  /// The upper limit of `limit` and `remaining`; anything higher is effectively no limit.
  static constexpr std::uint32_t max_count = 1'000'000'000;
  /// The upper limit of `window` and `reset`.
  static constexpr Duration max_time = std::chrono::hours(24 * 31);

  Scope scope = Scope::everybody;
  std::optional<std::uint32_t> limit{};      ///< requests in a window, 1 to max_count
  std::optional<std::uint32_t> remaining{};  ///< of them, 0 to max_count; at most `limit`
  std::optional<Duration> window{};          ///< how long a window is, more than 0, at most max_time
  std::optional<Duration> reset{};           ///< until `remaining` is restored, 0 to max_time; at most `window`

  /// Requests a second that it allows when used evenly, if it declares enough to tell.
  std::optional<double> rate() const {
    if (!limit || !window) return std::nullopt;
    return *limit / std::chrono::duration<double>(*window).count();
  }

  bool operator==(const DeclaredQuota&) const = default;
};
static_assert(std::is_trivially_copyable_v<DeclaredQuota>);

/// The quotas that one answer declares, all of which apply at once. At most one for each scope and window.
class DeclaredQuotas {
 public:
  /// Further ones are dropped: no known service declares more at once.
  static constexpr std::size_t capacity = 4;

  const DeclaredQuota* begin() const { return quotas_.data(); }
  const DeclaredQuota* end() const { return quotas_.data() + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

  /// Precondition: size() < capacity.
  void add(const DeclaredQuota& quota) {
    assert(size_ < capacity);
    quotas_[size_++] = quota;
  }
  /// Precondition: index < size().
  DeclaredQuota& operator[](std::size_t index) {
    assert(index < size_);
    return quotas_[index];
  }

 private:
  std::array<DeclaredQuota, capacity> quotas_;
  std::size_t size_ = 0;
};

}  // namespace koobatch
