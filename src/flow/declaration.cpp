#include "koobatch/flow/declaration.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

/// Nobody spreads a quota for a longer time over all of it without need: it is used until it is used up.
constexpr Duration longest_window = std::chrono::minutes(1);
/// A reset is declared in whole seconds, rounded up.
constexpr Duration rounding = std::chrono::seconds(1);
/// A rate that differs by less than this share is the same.
constexpr double same = 0.1;

bool differs(double rate, std::optional<double> from) {
  return !from || rate > *from * (1 + same) || rate < *from * (1 - same);
}

}  // namespace

bool any_of_scope(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope) {
  return std::any_of(quotas.begin(), quotas.end(), [&](const DeclaredQuota& quota) { return quota.scope == scope; });
}

Declaration::News Declaration::hear(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope, TimePoint sent,
                                    TimePoint now, bool admitted) {
  if (sent < newest_) return {};
  std::optional<double> rate;
  std::optional<std::uint32_t> room;
  std::optional<Duration> restored;
  for (const DeclaredQuota& quota : quotas) {
    if (quota.scope != scope) continue;
    if (quota.window && *quota.window <= longest_window) {
      if (const auto it = quota.rate(); it && (!rate || *it < *rate)) rate = it;
    }
    if (!quota.remaining || (room && *room <= *quota.remaining)) continue;
    room = quota.remaining;
    restored = quota.reset ? quota.reset : quota.window;
  }
  if (!rate && !room) return {};
  newest_ = sent;
  News news;
  if (rate && differs(*rate, rate_)) news.rate = rate_ = rate;
  if (!room) {
    room_.reset();
    count_.reset();
    return news;
  }
  count(*room, restored, sent, now, admitted);
  news.disproved = believed_ && count_->admitted > count_->left;
  if (news.disproved) believed_ = false;
  room_ = room;
  news.used_up = believed_ && admitted && room == 0U;
  if (room == 0U && believed_) news.reset = std::max(restored.value_or(Duration::zero()) - rounding, Duration::zero());
  return news;
}

/// Begins to count anew where what is left has grown, or should have been restored. Otherwise a truthful service admits
/// no more than was left, so that it says "1 left" only once.
void Declaration::count(std::uint32_t room, std::optional<Duration> restored, TimePoint sent, TimePoint now,
                        bool admitted) {
  if (!count_ || sent >= count_->until || (room_ && room > *room_)) {
    count_ = Count{.left = room, .since = now};
    if (restored) count_->until = now + *restored;
  } else if (admitted && sent >= count_->since) {
    ++count_->admitted;
  }
}

}  // namespace koobatch::flow
