#include "koobatch/flow/limit_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace koobatch::flow {
namespace {

/// The plateau is this far below the rate that was refused, so that it lasts long and little is refused; the first rate
/// after a refusal is lower still, to leave some of the quota to other clients that share it.
constexpr double plateau = 0.985;
constexpr double cut = 0.95;
/// Applied to a rate estimated from an exhausted quota: nearly all of it.
constexpr double first_cut = 0.97;
/// Used instead of `cut` after a guess that doubled, and after closely spaced refusals.
constexpr double explored_cut = 0.7;
constexpr double deep_cut = 0.85;
/// A refused rate this many times as high as what was admitted in the last second was admitted only out of a burst.
constexpr double overshot = 1.8;
/// Refused again within a second, a limit is at least this part of what was admitted in the last one.
constexpr double least_of_delivered = 0.6;
/// Applied where each refusal costs a pause.
constexpr double paused_cut = 0.8;
/// How long the way back to the plateau takes, and how long the limit takes from there to twice the plateau, in
/// seconds.
constexpr double recovery = 1.5;
constexpr double until_doubled = 2.7;
constexpr double steepness = 8;
/// Up to this part of the time until it doubles, the search is for the known limit; there the rate is a tenth above it.
constexpr double near_known = 0.75;
/// One refusal in this many requests is acceptable, so small quotas are tried more rarely. If refusals cost pauses,
/// quotas are tried so rarely that pauses take a fiftieth of the time.
constexpr double requests_a_refusal = 250;
constexpr double rarer = 0.6;  ///< with this power of how small a quota is
constexpr double rarest = 50;
constexpr double pauses_apart = 20;
constexpr double longest_stretch = 600;
/// While the limit is a first guess, it doubles in two round trips, or in the time of this many requests if that is
/// longer.
constexpr double exploring_requests = 4, longest_doubling = 0.5;
/// The doubling time if there is a better guess, which may still be too low: a large bucket that is refilled quickly.
constexpr double slow_doubling = 0.25;
/// If it stays shut for the time of this many requests, it is not a steadily refilled bucket.
constexpr double requests_shut = 10;
/// The minimum number of requests from which to estimate a rate.
constexpr std::uint64_t least_sample = 5;
/// A limit that has risen this far without being reached does not exist.
constexpr double no_limit = 1e6;
/// Over a shorter time, in seconds, the admitted requests may be a single burst.
constexpr double shortest_history = 0.2;
/// How the interval between requests that ask for room grows, and its bounds.
constexpr double ask_growth = 2, first_ask_growth = 4;
constexpr Duration shortest_ask = std::chrono::microseconds(50);
/// How long a declared limit holds before it is tried whether more is admitted, and how long it takes to double then.
/// If nothing is refused until then, it is wrong, and the rate grows faster.
constexpr Duration belief = std::chrono::seconds(1);
constexpr double doubting = 1, disproved_doubling = 0.1;
/// The part of the time for which another quota was used up after which a new one is asked first.
constexpr int first_part = 8;

double stretch_for(double rate) {
  return std::clamp(std::pow(requests_a_refusal / rate, rarer), 1.0, rarest);
}

Duration duration(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

}  // namespace

void LimitModel::count(const Moment& at) {
  delivered_.count(at.active);
  ++admitted_;
}

std::optional<LimitModel::Change> LimitModel::admitted(const Moment& at) {
  count(at);
  const Duration trip = at.now - at.sent;
  round_trip_ = round_trip_ == Duration::zero() ? trip : round_trip_ + (trip - round_trip_) / 8;
  if (!exhausted_ || at.sent < reacted_) return std::nullopt;
  const Estimate estimate = before_ ? at_least_delivered(next_estimate(at, *before_), at) : first_estimate(at);
  reopen(kept_ && kept_->steady ? for_trial(estimate, at.active) : estimate, at);
  // Any declaration is better than a first guess, and found wrong as soon.
  const auto declared = std::exchange(declared_, std::nullopt);
  if (declared && !kept_ && estimate.doubling > 0) believe(at.active, *declared);
  return Change{before_, low_, only_declared_};
}

bool LimitModel::refused(const Moment& at, Duration wait) {
  certain_ |= !kept_;
  only_declared_ = false;
  if (wait > Duration::zero()) {
    paused_ = true;
    stretch_ = std::max(stretch_, std::min(pauses_apart * seconds(wait), longest_stretch));
  }
  if (at.sent < reacted_) return false;
  const bool pause = wait > Duration::zero();
  if (exhausted_) {
    reacted_ = at.now;
    refused_at_ = at.active;
    delivered_when_refused_ = delivered_.last_second(at.active);
    asking_.refused(at.active, pause);
    return false;
  }
  if (!pause) paused_ = false;
  exhaust(at);
  return true;
}

bool LimitModel::used_up(const Moment& at, Duration reset) {
  if (exhausted_ || at.sent < reacted_) return false;
  paused_ = false;
  only_declared_ = !certain_ && !kept_;
  exhaust(at);
  asking_.expect(at.active + reset);
  return true;
}

void LimitModel::exhaust(const Moment& at) {
  reacted_ = at.now;
  refused_at_ = at.active;
  declared_.reset();
  before_ = rate(at.active);
  delivered_when_exhausted_ = delivered_when_refused_ = delivered_.last_second(at.active);
  exhausted_ = true;
  exhausted_since_ = at.active;
  // Shown until there is a better estimate.
  low_ = std::max({lowest, first_guess_, cut * before_.value_or(delivered_when_refused_)});
  peak_ = low_;
  const bool believed = proposed_ && seconds(at.active - changed_) <= doubting;
  explored_ = doubling_ > 0 && doubling_ != slow_doubling && !believed;
  proposed_ = false;
  doubling_ = 0;
  changed_ = at.active;
  const Duration trip = std::max({round_trip_, shortest_ask, probably_shut_ / first_part});
  asking_.begin(at.active, before_ ? duration(1 / *before_) : trip, before_ ? ask_growth : first_ask_growth, paused_);
}

void LimitModel::propose(Duration active, double rate) {
  if (exhausted_ && !before_ && rate < no_limit) declared_ = rate;
  if (before_ || exhausted_ || kept_ || (low_ > 0 && !proposed_)) return;
  only_declared_ = !certain_;
  believe(active, rate);
}

void LimitModel::believe(Duration active, double rate) {
  const double highest = ceiling_ > 0 ? ceiling_ : no_limit;
  low_ = peak_ = std::clamp(first_cut * rate, std::min(lowest, highest), highest);
  doubling_ = doubting;
  // A rate that is declared later changes nothing about when it is doubted: nodes may contradict each other for ever.
  if (!proposed_) changed_ = active + belief;
  proposed_ = true;
}

void LimitModel::distrust(Duration active) {
  declared_.reset();
  if (certain_ || kept_) return;
  low_ = peak_ = doubling_ = 0;
  exhausted_ = proposed_ = false;
  before_.reset();
  changed_ = reopened_ = counted_from_ = active;
  admitted_ = 0;
}

void LimitModel::lost(const Moment& at) {
  count(at);
  if (!exhausted_ || at.sent < reacted_) return;
  asking_.refused(at.active, false);
}

void LimitModel::unused(Duration active, Duration time) {
  if (exhausted_ || low_ == 0) return;
  // First, since the time that was not used would raise the rate.
  changed_ += time;
  counted_from_ += time;
  reopened_ += time;
  unused_ += seconds(std::min(time, DeliveryRate::window)) * rate(active).value_or(0);
  const auto whole = static_cast<std::uint32_t>(unused_);
  unused_ -= whole;
  delivered_.leave_unused(active, whole);
}

void LimitModel::ask(Duration active) {
  if (exhausted_) asking_.sent(active);
}

/// For when nothing is known about the quota. Many admitted within a second suggest a window of a second or a large
/// bucket; one request admitted after a short time suggests a steadily refilled bucket, or a limit on what is in
/// flight.
LimitModel::Estimate LimitModel::first_estimate(const Moment& at) const {
  const Duration shut = at.active - exhausted_since_;
  const double recent = refused_at_ - exhausted_since_ < DeliveryRate::window
                            ? std::max(delivered_when_refused_, delivered_.last_second(at.active))
                            : static_cast<double>(admitted_) / seconds(at.active - counted_from_);
  const double steady = paused_ ? 0 : 1 / std::max(seconds(shut), 1e-6);
  if (!paused_ && recent > steady) {
    const Estimate window{first_cut * recent, plateau * recent};
    if (seconds(shut) * recent >= requests_shut) return window;
    return {.low = window.low, .peak = window.peak, .doubling = slow_doubling};
  }
  const double guess = std::max({recent, steady, paused_ ? first_guess_ : 0});
  const double doubling = std::max(2 * seconds(round_trip_), std::min(exploring_requests / guess, longest_doubling));
  return {.low = guess, .peak = guess, .doubling = doubling};
}

/// A bucket hides for a while that a rate is too high. What it admitted then is less than its rate, as a rule. What was
/// not sent it might have admitted.
double LimitModel::delivered_in_last_second(const Moment& at) const {
  return std::max(delivered_when_refused_, delivered_.possible_in_last_second(at.active));
}

LimitModel::Estimate LimitModel::next_estimate(const Moment& at, double before) const {
  const double shut = seconds(at.active - exhausted_since_);
  const bool long_cycle = at.active - reopened_ >= DeliveryRate::window;
  const double delivered = delivered_in_last_second(at);
  const double recent = long_cycle ? delivered : 0;
  const bool momentary = shut <= std::max(2 * seconds(round_trip_), 3 / before);
  if (paused_) return {paused_cut * first_cut * before, paused_cut * before};
  if (momentary && explored_) return {explored_cut * before, plateau * before};
  if (momentary && at.active > DeliveryRate::window && before > overshot * delivered) {
    const double between = std::sqrt(before * std::max(delivered, 1.0));
    return {cut * between, plateau * between};
  }
  if (momentary && admitted_ >= least_sample) return {cut * before, plateau * before};
  if (momentary) return {deep_cut * first_cut * before, deep_cut * before};
  const double counted = static_cast<double>(admitted_) / std::max(seconds(at.active - counted_from_), shut);
  double limit = std::min(std::max(counted, recent), before);
  // Where something else fails as well, questions fail for that, and what was admitted in between is too little to
  // count.
  if (seconds(at.active - counted_from_) < shortest_history) limit = std::max(limit, deep_cut * before);
  return {first_cut * limit, plateau * limit};
}

/// Repeated cuts must not lose sight of what was admitted in the last second. A service that counts what it refuses, or
/// remembers the second before, accepts nothing until less is sent than in that second, although it permits as much as
/// ever: each of several cuts in succession then seems to have been too small.
LimitModel::Estimate LimitModel::at_least_delivered(const Estimate& estimate, const Moment& at) const {
  const bool again = at.active - reopened_ < DeliveryRate::window && at.active > DeliveryRate::window;
  if (!again || paused_ || explored_) return estimate;
  // A second has one interval less than requests.
  const double delivered = delivered_in_last_second(at) - 1;
  if (delivered < static_cast<double>(least_sample)) return estimate;
  return {std::max(estimate.low, least_of_delivered * delivered), std::max(estimate.peak, plateau * delivered)};
}

/// Whether failures depend on the rate shows only at a rate that is certainly not too high: the rate admitted before
/// the first of them. (In the second before the last of them, nothing may have been admitted.)
LimitModel::Estimate LimitModel::for_trial(const Estimate& estimate, Duration active) const {
  const double known = std::clamp(seconds(active), shortest_history, seconds(DeliveryRate::window));
  const double admitted = delivered_when_exhausted_ / known;
  if (estimate.low <= admitted) return estimate;
  const bool explore = explored_ || estimate.doubling > 0;
  return {.low = first_cut * admitted, .peak = admitted, .doubling = explore ? slow_doubling : 0};
}

void LimitModel::reopen(const Estimate& estimate, const Moment& at) {
  const double highest = ceiling_ > 0 ? ceiling_ : no_limit;
  low_ = std::clamp(estimate.low, std::min(lowest, highest), highest);
  peak_ = std::clamp(estimate.peak, low_, highest);
  doubling_ = estimate.doubling;
  exhausted_ = false;
  changed_ = reopened_ = at.active;
  if (!paused_) stretch_ = stretch_for(peak_);
  if (!before_ || admitted_ >= least_sample) {
    counted_from_ = at.active;
    admitted_ = 0;
  }
}

void LimitModel::begin_trial(Duration active, bool steady) {
  if (!exhausted_ && !kept_) kept_ = Kept{{low_, peak_, doubling_}, changed_, active, steady};
}

void LimitModel::end_trial(Duration active, bool refused) {
  if (!refused && kept_) {
    low_ = kept_->estimate.low;
    peak_ = kept_->estimate.peak;
    doubling_ = kept_->estimate.doubling;
    changed_ = kept_->changed + (active - kept_->at);
    if (!certain_) low_ = peak_ = 0;
    exhausted_ = false;
    declared_.reset();
  } else if (kept_) {
    certain_ = true;
    // From here on every failure lowers the limit a little, so it should be approached gently.
    if (doubling_ > 0) doubling_ = slow_doubling;
    if (kept_->steady) changed_ = active;
  }
  kept_.reset();
}

void LimitModel::resume(Duration active) {
  if (!exhausted_) return;
  exhausted_ = false;
  declared_.reset();
  doubling_ = 0;
  low_ = before_ ? *before_ * cut : 0;
  peak_ = before_ ? *before_ * plateau : 0;
  changed_ = reopened_ = counted_from_ = active;
  admitted_ = 0;
}

/// Where the curve of growth is so long after the plateau was reached, in units of the time in which it doubles.
double LimitModel::time_on_curve(double beyond) const {
  // Stretched is only the search near the known limit: a higher rate that is admitted shows that the limit has changed.
  const double unit = until_doubled * stretch_;
  const double stretched = near_known * unit;
  return beyond < stretched ? beyond / unit : near_known + (beyond - stretched) / until_doubled;
}

std::optional<double> LimitModel::rate(Duration active) const {
  if (low_ == 0) return std::nullopt;
  // The limit stays constant during a trial of whether it helps.
  if (exhausted_ || (kept_ && kept_->steady)) return low_;
  const double since = std::max(seconds(active - changed_), 0.0);
  const double beyond = since - recovery;
  double rate = low_;
  if (proposed_ && since > doubting) {
    rate *= 2 * std::exp2((since - doubting) / disproved_doubling);
  } else if (doubling_ > 0) {
    rate *= std::exp2(since / doubling_);
  } else if (beyond < 0) {
    rate = peak_ - (peak_ - low_) * std::pow(1 - since / recovery, 3);
  } else {
    rate = peak_ * (1 + std::pow(time_on_curve(beyond), steepness));
  }
  if (rate >= (ceiling_ > 0 ? ceiling_ : no_limit)) return std::nullopt;
  return rate;
}

}  // namespace koobatch::flow
