#include "koobatch/flow/pace_news.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::flow {
namespace {

using Kind = PaceEvent::Kind;

constexpr double told_again = 1.25;

bool has_moved(double from, double to) {
  return to > from * told_again || to < from / told_again;
}

}  // namespace

void PaceNews::happened(PaceEvent event, std::uint64_t& count) {
  ++count;
  events_.push_back(std::move(event));
}

/// `http`: how the last request was refused, if one was.
PaceEvent PaceNews::limited(Kind kind, const LimitModel::Change& change, int http, bool minor) {
  return {.kind = kind,
          .from = change.from,
          .to = change.to,
          .http = change.declared ? 0 : http,
          .declared = change.declared,
          .minor = minor};
}

/// A limit that moves without end takes bounded memory: when the list is full, every second one is dropped.
void PaceNews::remember_limit(double limit, TimePoint now) {
  if (limits_told_++ % limits_apart_ != 0) return;
  if (limits_.size() == most_limits) {
    for (std::size_t i = 0; i < most_limits / 2; ++i) limits_[i] = limits_[2 * i];
    limits_.resize(most_limits / 2);
    limits_apart_ *= 2;
  }
  limits_.push_back({now, limit});
}

std::vector<LimitChange> PaceNews::limit_changes(TimePoint since) const {
  std::vector<LimitChange> changes;
  changes.reserve(limits_.size());
  for (const auto& [at, limit] : limits_) changes.push_back({std::max(at - since, Duration::zero()), limit});
  return changes;
}

void PaceNews::limit_changed(const LimitModel::Change& change, TimePoint now) {
  const bool minor = told_limit_ && !has_moved(*told_limit_, change.to);
  if (!minor) {
    told_limit_ = change.to;
    remember_limit(change.to, now);
  }
  happened(limited(Kind::cut, change, limit_http_, minor), counts_.cuts);
}

void PaceNews::paused(Duration wait, int http) {
  wait_http_ = http;
  happened({.kind = Kind::paused, .wait = wait, .http = http}, counts_.pauses);
}

void PaceNews::user_limited(const LimitModel::Change& change, bool minor) {
  happened(limited(Kind::user_cut, change, user_http_, minor), counts_.user_cuts);
}

void PaceNews::user_paused(Duration wait, int http, bool minor) {
  happened({.kind = Kind::user_paused, .wait = wait, .http = http, .minor = minor}, counts_.user_pauses);
}

void PaceNews::failed(const koodrive::Outcome& outcome) {
  last_failure_ = outcome.foreign ? outcome.error : describe(outcome);
}

/// A breaker that only waited for the first request was never opened by an outage, even if the outage exists from the
/// start; the answer to that request ends no outage. And a service that refuses the first requests is not down until it
/// has done so for a while.
bool PaceNews::follow_outage(const Breaker& breaker, const koodrive::Outcome& outcome, TimePoint down_since,
                             TimePoint now) {
  if (breaker.closed()) {
    if (!std::exchange(down_, false)) return false;
    events_.push_back({.kind = Kind::up, .wait = now - down_since});
    return true;
  }
  const bool answers = outcome.http != 0 && outcome.verdict == koodrive::Verdict::throttled;
  if (down_ || (answers && now - breaker.down_since().value_or(now) < Breaker::silence)) return false;
  down_ = true;
  down_http_ = outcome.http;
  happened({.kind = Kind::down,
            .http = outcome.http,
            .why = describe(outcome),
            .foreign = outcome.foreign,
            .garbled = outcome.garbled},
           counts_.outages);
  return true;
}

std::vector<PaceEvent> PaceNews::take() {
  return std::exchange(events_, {});
}

void PaceNews::explain(PaceState& state) const {
  if (state.found.limit > 0 && !state.limit_declared) state.limit_http = limit_http_;
  if (state.wait > Duration::zero()) state.wait_http = wait_http_;
  state.down = down_;
  state.down_http = down_ ? down_http_ : 0;
}

}  // namespace koobatch::flow
