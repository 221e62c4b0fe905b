#include "koobatch/flow/refusal_streak.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/koodrive/result_codes.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <cassert>
#include <string_view>
#include <utility>

namespace koobatch::flow {
namespace {

bool has_documented_code(const koodrive::Outcome& outcome) {
  return outcome.code && koodrive::is_final_refusal(*outcome.code);
}

/// The words that hold no digit: support IDs, resources and times tell one answer from the next.
std::string words_without_numbers(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (std::none_of(word.begin(), word.end(), is_digit)) out.append(word).push_back(' ');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// What refusals have in common that count as alike. Pages and redirects of one status are, whatever they say: where
/// they lead and what they are called may differ from one to the next.
std::string likeness(const koodrive::Outcome& outcome) {
  const bool is_redirect = outcome.http >= 300 && outcome.http < 400;
  if (is_redirect || !outcome.page.empty()) return fmt::format("{}", outcome.http);
  const std::string code = outcome.code ? fmt::format("{}", *outcome.code) : std::string();
  return fmt::format("{} {} {}", outcome.http, code, words_without_numbers(outcome.msg));
}

}  // namespace

RefusalStreak::RefusalStreak(bool stops, unsigned workers, std::string endpoint)
    : stops_(stops), endpoint_(std::move(endpoint)), activities_(workers, Activity::busy) {}

bool RefusalStreak::is_refusal(const koodrive::Outcome& outcome) {
  return (outcome.verdict == koodrive::Verdict::rejected || outcome.verdict == koodrive::Verdict::suspicious) &&
         !has_documented_code(outcome);
}

RefusalStreak::Decision RefusalStreak::refused(unsigned worker, const koodrive::Outcome& outcome) {
  using Fate = Decision::Fate;
  const MutexLock guard(mutex_);
  Decision decision{.fate = Fate::hold};
  if (!stopped_) {
    std::string alike = likeness(outcome);
    if (alike != alike_) decision.released = end_streak();
    alike_ = std::move(alike);
    answer_ = describe(outcome);
    ++count_;
    if (count_ >= limit && !stops_) {
      decision.released |= release_all();
      decision.fate = Fate::record;
      return decision;
    }
    if (count_ == limit || (stops_ && !proved_ && leads_elsewhere(outcome))) {
      stopped_ = true;
      decision.fate = Fate::stop;
      decision.count = count_;
      decision.recorded = recorded_;
    }
    open_.store(!stopped_, std::memory_order_relaxed);
  }
  holders_.push_back(worker);
  decision.ticket = released_.load(std::memory_order_relaxed) + holders_.size();
  return decision;
}

RefusalStreak::Held RefusalStreak::held() const {
  const MutexLock guard(mutex_);
  return {holders_.size(), answer_};
}

bool RefusalStreak::answered() {
  if (!open()) return false;
  const MutexLock guard(mutex_);
  if (stopped_) return false;
  proved_ = true;
  return end_streak();
}

bool RefusalStreak::leads_elsewhere(const koodrive::Outcome& outcome) const {
  return !outcome.leads_to.empty() && !boost::algorithm::iequals(outcome.leads_to, endpoint_);
}

void RefusalStreak::stop() {
  const MutexLock guard(mutex_);
  stopped_ = true;
  open_.store(false, std::memory_order_relaxed);
}

void RefusalStreak::set_busy(unsigned worker) {
  const MutexLock guard(mutex_);
  activities_[worker] = Activity::busy;
}

bool RefusalStreak::set_at_rest(unsigned worker, Activity activity) {
  assert(activity != Activity::busy);
  const MutexLock guard(mutex_);
  activities_[worker] = activity;
  if (stopped_ || holders_.empty() || !all_at_rest()) return false;
  release_oldest();
  ++recorded_;
  return true;
}

/// One that is starved may be given more at any time, unless another one keeps the job from being read on.
bool RefusalStreak::all_at_rest() const {
  // The analysis does not know in a lambda which mutex is held.
  const auto any = [](const std::vector<Activity>& activities, Activity activity) {
    return std::ranges::find(activities, activity) != activities.end();
  };
  if (any(activities_, Activity::busy)) return false;
  return !any(activities_, Activity::starved) || any(activities_, Activity::full);
}

void RefusalStreak::release_oldest() {
  activities_[holders_.front()] = Activity::busy;
  holders_.pop_front();
  released_.fetch_add(1, std::memory_order_release);
}

/// True if there were any.
bool RefusalStreak::release_all() {
  const bool any = !holders_.empty();
  while (!holders_.empty()) release_oldest();
  return any;
}

/// True if that released anything.
bool RefusalStreak::end_streak() {
  count_ = recorded_ = 0;
  alike_.clear();
  open_.store(false, std::memory_order_relaxed);
  return release_all();
}

}  // namespace koobatch::flow
