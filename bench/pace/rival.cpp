#include "pace/rival.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::pace_bench {

Rival::Rival(const Door& door, const Job& job, std::unique_ptr<RivalRule> rule, std::uint64_t seed)
    : door_(door), job_(job), rule_(std::move(rule)), random_(seed), requests_(job.connections) {
  for (std::uint32_t i = 0; i < job.connections; ++i) free_.push_back(i);
  look_at(origin + from_seconds(job.start));
}

void Rival::happen(TimePoint now, std::uint32_t what) {
  if (what == look) {
    if (look_at_ != now) return;
    look_at_.reset();
  } else {
    answered(what - of_requests, now);
  }
  pump(now);
}

void Rival::look_at(TimePoint time) {
  if (look_at_ && *look_at_ <= time) return;
  look_at_ = time;
  door_.timeline.at(time, *this, look);
}

std::optional<TimePoint> Rival::next_due(TimePoint now) const {
  if (!waiting_.empty() && waiting_.top().due <= now) return now;
  if (begun_ < job_.operations && begun_ - done_ < rule_->most_open()) return now;
  if (waiting_.empty()) return std::nullopt;
  return waiting_.top().due;
}

TimePoint Rival::allowed(TimePoint now) const {
  const double time = since_origin(now);
  const bool paused = job_.pause_from <= time && time < job_.pause_to;
  const TimePoint resumed = origin + from_seconds(job_.pause_to);
  return std::max(paused ? resumed : now, job_.rate > 0 ? user_due_ : now);
}

void Rival::pump(TimePoint now) {
  while (!free_.empty() && job_.connections - free_.size() < rule_->most_in_flight()) {
    const auto due = next_due(now);
    if (!due) return;
    const TimePoint at = std::max({*due, allowed(now), rule_->due(now)});
    if (at > now) {
      look_at(at);
      return;
    }
    send(now);
  }
}

void Rival::send(TimePoint now) {
  const std::uint32_t number = free_.back();
  free_.pop_back();
  Request& request = requests_[number];
  if (!waiting_.empty() && waiting_.top().due <= now) {
    request.operation = waiting_.top().operation;
    waiting_.pop();
  } else {
    request.operation = {begun_++, 0};
    progress_.last_fresh = since_origin(now);
  }
  ++request.operation.attempts;
  rule_->sent(now);
  if (job_.rate > 0) user_due_ = std::max(user_due_, now) + from_seconds(1 / job_.rate);
  request.reply = door_.service.request(now, static_cast<std::uint32_t>(request.operation.number % job_.users));
  request.sent_at = now;
  door_.trace.count(now, request.reply);
  const Duration after = request.reply.what == Reply::What::silence ? answer_timeout : request.reply.after;
  door_.timeline.at(now + after, *this, of_requests + number);
}

void Rival::answered(std::uint32_t number, TimePoint now) {
  Request& request = requests_[number];
  rule_->answered(request.reply, now - request.sent_at, job_.connections - free_.size(), now);
  free_.push_back(number);
  if (request.reply.what == Reply::What::accepted) {
    if (++done_ == job_.operations) progress_.finished = since_origin(now);
    return;
  }
  const Duration wait =
      std::max(rule_->wait(request.operation.attempts, random_), request.reply.retry_after.value_or(Duration::zero()));
  waiting_.push({now + wait, request.operation});
}

}  // namespace koobatch::pace_bench
