#include "pace/service.hpp"

#include "pace/latency.hpp"
#include "pace/timeline.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::pace_bench {

Service::Service(const ServiceSpec& spec, std::uint64_t seed) : spec_(spec), random_(seed) {
  const unsigned count = std::max(1U, spec.quota.users);
  for (unsigned i = 0; i < count; ++i) limiters_.push_back(make_limiter(spec.quota));
}

Duration Service::latency(double mean) {
  std::uniform_real_distribution<double> factor(1 - spec_.work.jitter, 1 + spec_.work.jitter);
  return from_seconds(mean * factor(random_));
}

std::optional<Duration> Service::connect(TimePoint now) {
  const OutageSpec* outage = outage_at(spec_, since_origin(now));
  if (outage != nullptr && outage->kind == OutageSpec::Kind::refused) return std::nullopt;
  return latency(quick_latency(spec_.work));
}

Reply Service::request(TimePoint now, std::uint32_t user) {
  const double time = since_origin(now);
  const Duration quickly = latency(quick_latency(spec_.work));
  if (const OutageSpec* outage = outage_at(spec_, time)) {
    using Kind = OutageSpec::Kind;
    if (outage->kind == Kind::silence) return {.what = Reply::What::silence, .http = 0};
    if (outage->kind == Kind::refused) return {.what = Reply::What::reset, .http = 0, .after = quickly};
    return {.what = Reply::What::failed, .http = outage->http, .after = quickly};
  }
  Limiter* limiter = limiters_[spec_.quota.users == 0 ? 0 : user % spec_.quota.users].get();
  Reply reply;
  if (accepted_ >= spec_.quota.total || !has_room(now) || (limiter != nullptr && !limiter->admit(time))) {
    reply = refuse(time, limiter);
    reply.after = quickly;
  } else if (spec_.noise.share > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < spec_.noise.share) {
    reply.what = spec_.noise.http == 0 ? Reply::What::reset : Reply::What::failed;
    reply.http = spec_.noise.http;
    reply.after = quickly;
  } else {
    reply = accept(now);
  }
  declare(time, limiter, reply);
  return reply;
}

bool Service::has_room(TimePoint now) {
  if (spec_.work.most_in_flight == 0) return true;
  while (!leaving_.empty() && leaving_.top() <= now) leaving_.pop();
  return leaving_.size() < spec_.work.most_in_flight;
}

Reply Service::accept(TimePoint now) {
  ++accepted_;
  Reply reply{.after = latency(spec_.work.latency)};
  if (spec_.work.queue_rate > 0) {
    queue_free_ = std::max(queue_free_, now) + from_seconds(1 / spec_.work.queue_rate);
    reply.after += queue_free_ - now;
  }
  if (spec_.work.most_in_flight > 0) leaving_.push(now + reply.after);
  return reply;
}

Reply Service::refuse(double now, const Limiter* limiter) {
  using Tells = QuotaSpec::RetryAfter;
  Reply reply{.what = Reply::What::refused, .http = spec_.quota.http, .user_only = spec_.quota.users > 0};
  if (spec_.quota.tells == Tells::constant) {
    reply.retry_after = from_seconds(spec_.quota.retry_after);
  } else if (spec_.quota.tells == Tells::until_reset && limiter != nullptr) {
    reply.retry_after = from_seconds(std::ceil(limiter->state(now).reset));
  }
  return reply;
}

void Service::declare(double now, const Limiter* limiter, Reply& reply) const {
  if (spec_.declaration.form == DeclarationSpec::Form::none || limiter == nullptr || reply.http == 0) return;
  Declared declared = limiter->state(now);
  declared.limit *= spec_.declaration.factor;
  declared.remaining *= spec_.declaration.factor;
  reply.declared = declared;
  reply.user_only = spec_.quota.users > 0;
}

}  // namespace koobatch::pace_bench
