#include "fleet/rate_share.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace koobatch::fleet {
namespace {

/// How many times its share a limited worker may get, and how many times what it used one that is not limited.
constexpr double growth = 2;
constexpr double reserve = 1.5;
/// Of an equal share: what everybody may have, so that those who begin can show what they need.
constexpr double least_fraction = 0.05;
/// A share that changes by less is not worth a statement.
constexpr double noticeable = 0.005;
/// Shares pass through text and sums.
constexpr double rounding = 1e-9;

double cap_of(const ShareNeed& need, double mean) {
  const double wanted = need.limited ? growth * need.share : reserve * need.used;
  const double least = need.limited ? std::max(least_fraction * mean, std::min(mean, 1.0)) : least_fraction * mean;
  return std::max(wanted, least);
}

/// Who gets a share: all, or as many as there are requests a second. Those that have something to do come first,
/// otherwise parts of a worker without a share would never be finished.
std::vector<std::size_t> choose(double rate, std::span<const ShareNeed> needs) {
  std::vector<std::size_t> chosen(needs.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  const auto most = static_cast<std::size_t>(std::max(rate, 1.0));
  if (chosen.size() <= most) return chosen;
  const auto is_idle = [&](std::size_t i) { return needs[i].used <= 0 && !needs[i].limited; };
  std::ranges::stable_partition(chosen, std::not_fn(is_idle));
  chosen.resize(most);
  return chosen;
}

/// Max-min fair: everybody gets the same, but nobody more than it can use.
std::vector<double> fill(double rate, std::span<const double> caps) {
  std::vector<std::size_t> order(caps.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return caps[i]; });
  std::vector<double> shares(caps.size());
  double left = rate;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double fair = left / static_cast<double>(order.size() - i);
    shares[order[i]] = std::min(caps[order[i]], fair);
    left -= shares[order[i]];
  }
  return shares;
}

}  // namespace

std::vector<double> divide_rate(double rate, std::span<const ShareNeed> needs) {
  std::vector<double> shares(needs.size(), 0.0);
  if (needs.empty() || rate <= 0) return shares;
  const auto sharing = choose(rate, needs);
  const auto count = static_cast<double>(sharing.size());
  std::vector<double> caps;
  for (const std::size_t i : sharing) caps.push_back(cap_of(needs[i], rate / count));
  const auto filled = fill(rate, caps);
  const double unused = std::max(rate - std::accumulate(filled.begin(), filled.end(), 0.0), 0.0);
  for (std::size_t i = 0; i < sharing.size(); ++i) shares[sharing[i]] = filled[i] + unused / count;
  return shares;
}

std::uint32_t divide_burst(std::uint32_t burst, std::size_t workers, double share, double rate) {
  if (burst <= workers || rate <= 0) return 1;
  const double beyond = std::floor(static_cast<double>(burst - workers) * std::min(share / rate, 1.0));
  return 1 + static_cast<std::uint32_t>(beyond);
}

bool would_use_more(double used, double share, bool is_starved) {
  constexpr double nearly_all = 0.8;
  return is_starved || (share > 0 && used >= nearly_all * share);
}

std::optional<RateShare::Wish> RateShare::plan(double rate, std::uint32_t burst, std::span<const WorkerRow> workers,
                                               WorkerNumber me) {
  rate_ = rate;
  if (rate == 0) {
    share_ = 0;
    return std::nullopt;
  }
  std::vector<const WorkerRow*> alive;
  for (const WorkerRow& worker : workers) {
    if (worker.state == WorkerState::alive) alive.push_back(&worker);
  }
  // All workers divide alike.
  std::ranges::sort(alive, {}, &WorkerRow::number);
  const auto mine = std::ranges::find(alive, me, &WorkerRow::number);
  if (mine == alive.end()) return std::nullopt;
  share_ = std::min(share_, (*mine)->share);
  std::vector<ShareNeed> needs;
  for (const WorkerRow* worker : alive) needs.push_back({worker->share, worker->used, worker->limited});
  const double target = divide_rate(rate, needs)[static_cast<std::size_t>(mine - alive.begin())];
  const Wish wish{(*mine)->share_changes, target, divide_burst(burst, alive.size(), target, rate)};

  const bool changes = std::abs(wish.share - share_) > noticeable * share_ || wish.burst != burst_;
  const bool is_told = std::abs((*mine)->share - share_) <= rounding * rate;
  if (!changes && is_told) return std::nullopt;
  share_ = std::min(share_, wish.share);
  burst_ = std::min(burst_, wish.burst);
  return wish;
}

void RateShare::granted(const Wish& wish, double share) {
  share_ = std::min(share, wish.share);
  const double fraction = wish.share > 0 ? share_ / wish.share : 0;
  burst_ = std::max(1U, static_cast<std::uint32_t>(fraction * wish.burst));
}

bool RateShare::is_spare() const {
  return rate_ > 0 && share_ < std::min(rate_, 1.0) * (1 - rounding);
}

}  // namespace koobatch::fleet
