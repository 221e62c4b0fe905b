#include "koobatch/flow/loss_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace koobatch::flow {
namespace {

/// The number of answers that make up one sample of the share.
constexpr std::uint32_t sample = 64;
/// Consecutive failures that are less probable than this are not chance.
constexpr double no_chance = 1e-6;
/// A share is unusual if it exceeds the expected one by this many standard deviations, and by a few failures in any
/// case.
constexpr double deviations = 4;
constexpr double few = 1.5;
/// What is known of the usual share is known from about this many answers: samples are averaged.
constexpr double known_from = 150;
constexpr double least_noise = 0.02, least_noise_proven = 0.005;
constexpr double highest_noise = 0.9;
/// An experiment lasts until this many failures are expected if they do not depend on the rate.
constexpr double expected_failures = 16;
constexpr double shortest_trial = 100, longest_trial = 400;
/// Lowering the rate helped if at most this part of the share is left,
constexpr double left = 0.1;
/// or if less than this part of the usual share is left,
constexpr double usual = 0.5;
/// or if no more than the usual share is left, give or take this many standard deviations, though the share before
/// exceeded it by that many.
constexpr double usual_deviations = 2, unusual_deviations = 3;
/// It did not if this many more have failed before the experiment is over.
constexpr double too_many = 2;
/// Noise below this share does not count.
constexpr double negligible = 0.01;
/// If the rate has risen by `much`, at least `little` more must be accepted, or the rise achieved nothing.
constexpr double much = 1.5, little = 1.15;
/// The sample near a rate that was refused, where a small share matters.
constexpr std::uint32_t long_sample = 512;
/// An experiment made progress if at most this part of the share is left, and a series of them helped if at most that.
constexpr double progress = 0.8, helped_in_all = 0.5;
/// If it helped before, it is tried up to this many times.
constexpr std::uint32_t most_unhelpful = 6;

}  // namespace

/// Never zero: there is always a little noise. And what is known of it is known from a few samples: there may be a
/// little more.
double LossModel::expected() const {
  const double doubt = std::sqrt(noise_ * (1 - noise_) / known_from);
  return std::max(noise_ + doubt, proven_ ? least_noise_proven : least_noise);
}

bool LossModel::is_row_too_long() const {
  return row_ * std::log(std::min(expected(), highest_noise)) < std::log(no_chance);
}

bool LossModel::is_unusual() const {
  const double share = expected();
  const double mean = recent_.all * share;
  return recent_.failed > mean + deviations * std::sqrt(mean * (1 - share)) + few;
}

/// Whether a refusal at this rate fits those before. If not, they had another cause.
bool LossModel::fits(double rate) {
  proven_ = refused_.admit(rate);
  return proven_;
}

LossModel::Finding LossModel::refuse(TimePoint now, double rate) {
  begin_sample(now, rate);
  return Finding::refused;
}

LossModel::Finding LossModel::suspect(TimePoint now, double rate) {
  before_ = recent_;
  share_at_first_ = before_.share();
  if (!std::isfinite(rate)) refused_.forget();
  begin_sample(now, rate);
  trying_ = true;
  return Finding::suspicious;
}

void LossModel::begin_sample(TimePoint now, double refused_rate) {
  refused_.set(refused_rate);
  recent_ = {};
  row_ = 0;
  changed_ = now;
}

void LossModel::interrupt(TimePoint now) {
  trying_ = false;
  unhelpful_ = 0;
  recent_ = {};
  row_ = 0;
  changed_ = now;
}

bool LossModel::observe(bool failed, TimePoint sent) {
  if (sent < changed_) return false;
  row_ = failed ? row_ + 1 : 0;
  ++recent_.all;
  recent_.failed += failed;
  refused_.count();
  return trying_ ? is_trial_over() : failed || recent_.all % sample == 0;
}

LossModel::Finding LossModel::conclude(bool failed, TimePoint now, double rate) {
  if (trying_) return end_trial(now, rate);
  // Where there is no noise, a failure is a refusal.
  if (failed && proven_ && noise_ < negligible && fits(rate)) return refuse(now, rate);
  if (!failed || !(is_unusual() || is_row_too_long())) return watch(now, rate);
  if (proven_ && refused_.is_near(rate) && fits(rate)) return refuse(now, rate);
  return suspect(now, rate);
}

/// Near a rate that was refused, failures may be refusals, so there they can only show that noise has become less.
LossModel::Finding LossModel::watch(TimePoint now, double rate) {
  const bool near = proven_ && refused_.is_near(rate);
  if (recent_.all < (near ? long_sample : sample)) return Finding::nothing;
  const double share = recent_.share();
  if (!near || share < noise_) noise_ = known_ ? noise_ + (share - noise_) / 2 : share;
  known_ = true;
  if (rose_in_vain(rate)) return suspect(now, rate);
  recent_ = {};
  return Finding::nothing;
}

/// Whether the rate has risen by much and hardly more is accepted: then failures that grew slowly with it are not
/// noise.
bool LossModel::rose_in_vain(double rate) {
  if (!std::isfinite(rate)) return false;
  const double accepted = rate * (1 - noise_);
  const bool rose = base_.rate > 0 && rate >= much * base_.rate;
  const bool vain = rose && accepted < little * base_.accepted;
  if (rose || base_.rate == 0 || rate < base_.rate) base_ = {rate, accepted};
  return vain;
}

/// Whether the rate may still be too high although lowering it did not help: certainly if fewer requests fail already.
bool LossModel::try_on(const Counted& now) {
  if (!proven_) return false;
  const bool fewer = now.share() < progress * before_.share();
  if (fewer) before_ = now;
  return fewer || ++unhelpful_ < most_unhelpful;
}

/// The number of answers after which an experiment is over.
double LossModel::enough() const {
  return std::clamp(expected_failures / before_.share(), shortest_trial, longest_trial);
}

/// The share of failures up to which lowering the rate has helped. If much more failed than usual, and now no more
/// does, then the excess depended on the rate, and the rest is noise.
double LossModel::most_left() const {
  const double most = std::max(left * before_.share(), usual * expected());
  if (!known_) return most;
  const double spread = std::sqrt(noise_ * (1 - noise_));
  const double unusual = noise_ + unusual_deviations * spread / std::sqrt(std::max(before_.all, 1U));
  return before_.share() > unusual ? std::max(most, noise_ + usual_deviations * spread / std::sqrt(enough())) : most;
}

/// Whether lowering the rate certainly did not help.
bool LossModel::is_evident() const {
  return recent_.failed > most_left() * enough() + too_many;
}

bool LossModel::is_trial_over() const {
  return recent_.all >= enough() || is_evident();
}

LossModel::Finding LossModel::end_trial(TimePoint now, double rate) {
  const bool in_vain = is_evident();
  const double most = most_left();
  const double share = recent_.share();
  const bool helped = !in_vain && share <= most;
  const Counted counted = std::exchange(recent_, {});
  if (!helped && try_on(counted)) {
    begin_sample(now, rate);
    return Finding::suspicious;
  }
  proven_ = helped || (proven_ && share < helped_in_all * share_at_first_);
  unhelpful_ = 0;
  trying_ = false;
  noise_ = share;
  known_ = true;
  base_ = {};
  if (!proven_) return Finding::noise;
  refused_.bound(rate);
  return Finding::helped;
}

}  // namespace koobatch::flow
