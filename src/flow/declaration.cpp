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

Declaration::News Declaration::hear(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope, TimePoint sent,
                                    TimePoint now, bool admitted) {
  if (sent < newest_) return {};
  std::optional<double> rate;
  std::optional<std::uint32_t> room;
  News news;
  for (const DeclaredQuota& quota : quotas) {
    if (quota.scope != scope) continue;
    if (quota.window && *quota.window <= longest_window) {
      if (const auto it = quota.rate(); it && (!rate || *it < *rate)) rate = it;
    }
    if (!quota.remaining || (room && *room <= *quota.remaining)) continue;
    room = quota.remaining;
    news.reset = std::max(quota.reset.value_or(Duration::zero()) - rounding, Duration::zero());
  }
  if (!rate && !room) return {};
  newest_ = sent;
  if (rate && differs(*rate, rate_)) news.rate = rate_ = rate;
  // Nothing was left before this request was sent, it was admitted nevertheless, and nothing is left again.
  news.disproved = believed_ && room == 0U && admitted && used_up_at_ && sent >= *used_up_at_;
  if (news.disproved) believed_ = false;
  room_ = room;
  if (room != 0U) {
    used_up_at_.reset();
    news.reset = {};
    return news;
  }
  news.used_up = believed_ && admitted;
  used_up_at_ = now;
  return news;
}

}  // namespace koobatch::flow
