#include "fleet/attendant.hpp"

#include "koobatch/fleet/persistently.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace koobatch::fleet {
namespace {

using namespace std::chrono_literals;

/// How long requests in flight may take when the run ends.
constexpr Duration drain_grace = 10s;
/// How long one wait for news lasts: chunks may be wanted at any time.
constexpr Duration news_slice = 50ms;
/// News may be about what this worker did itself.
constexpr Duration least_survey_interval = 200ms;
/// Between attempts at a ledger that does not answer.
constexpr Duration silent_interval = 200ms;

bool is_at_work(const WorkerRow& worker, double rate) {
  return worker.state == WorkerState::alive && (rate <= 0 || worker.share > 0);
}

void tell_of_fence(const WorkerRow& worker) {
  spdlog::warn(
      "worker {} ({}) gave no sign of life for longer than its lease: it can record nothing more, and others take over",
      worker.number, worker.name);
}

ShiftEnd end_of(RunState state, const std::string& reason) {
  if (state == RunState::completed) return {ShiftEnd::Kind::completed};
  const auto kind = state == RunState::aborted ? ErrorKind::fatal : ErrorKind::limit;
  return {ShiftEnd::Kind::stopped, reason.empty() ? std::nullopt : std::optional(Error{kind, reason})};
}

}  // namespace

Attendant::Attendant(const AttendantMeans& means, RunLimits limits)
    : means_(means),
      watchman_(means.run.about.lease, means.run.about.hold),
      shares_(means.rate_per_user),
      follower_(std::move(limits)),
      supply_({.ledger = means.ledger,
               .me = means.me,
               .run = means.run.number,
               .book = means.book,
               .queue = means.queue,
               .committer = means.committer}) {
  shares_.begin(means_.engine);
}

void Attendant::work() {
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (stopped_) return;
    }
    const BootTime now = BootClock::now();
    if (!round(now) && !wait_for_news(now)) pause_briefly();
  }
}

bool Attendant::round(BootTime now) {
  if (const auto failure = means_.committer.failure()) standing_.note(*failure);
  if (const auto failure = standing_.failure()) {
    conclude(end_after(*failure));
    return false;
  }
  if (connection_ != means_.ledger.connection() && !take(greet())) return false;
  if (now >= due_.beat && !take(beat(now))) return false;
  if (now >= due_.survey && !take(look_around(now))) return false;
  if (end() || means_.engine.snapshot().ending) return false;
  notice_last_part(now);
  const auto stepped = supply_.step(now);
  if (!stepped) {
    standing_.note(stepped.error());
    return false;
  }
  if (*stepped) {
    stuck_since_.reset();
  } else {
    consider_left_out(now);
  }
  return *stepped;
}

/// Whoever has done its last part may have done the run's.
void Attendant::notice_last_part(BootTime now) {
  const bool has_parts = means_.book.with([](PartBook& book) { return book.owned_parts() != 0; });
  if (std::exchange(due_.has_parts, has_parts) && !has_parts) {
    due_.survey = std::min(due_.survey, std::max(now, due_.next_news));
  }
}

/// Operations of users whose tokens are refused get no result here: once nothing else is left, this worker leaves, and
/// another may have other tokens.
void Attendant::consider_left_out(BootTime now) {
  const auto left_out = means_.engine.left_out();
  const bool stuck = left_out != 0 && means_.queue.waiting() == 0 && means_.book.with([&](PartBook& book) {
    return book.open_lines() == left_out && book.waiting_lines() == 0;
  });
  if (!stuck) {
    stuck_since_.reset();
    return;
  }
  if (!stuck_since_) stuck_since_ = now;
  if (now - *stuck_since_ >= stuck_patience) conclude({ShiftEnd::Kind::failed});
}

/// Whether the ledger did what it was asked.
bool Attendant::take(const Answer<void>& answer) {
  tell_of_silence(answer);
  if (answer) return true;
  spdlog::debug("the engine did not do it: {}", answer.error().error.message);
  standing_.note(answer.error());
  return false;
}

/// Says once that the ledger cannot be reached, and once that it can be again.
void Attendant::tell_of_silence(const Answer<void>& answer) {
  const bool silent = !answer && may_succeed_later(answer.error());
  if (silent && !told_.silence) {
    spdlog::warn("{}; trying again, and sending nothing once the lease is over", answer.error().error.message);
  } else if (!silent && told_.silence) {
    spdlog::info("the engine answers again");
  }
  told_.silence = silent;
}

/// The first thing over a new connection: it waits for whatever the one before has left unfinished.
Answer<void> Attendant::greet() {
  const auto renewal = means_.lease.begin_renewal();
  const auto settled = means_.ledger.settle(means_.me);
  if (!settled) return settled.error();
  means_.lease.acknowledged(renewal);
  watchman_.restart();
  connection_ = means_.ledger.connection();
  return {};
}

Answer<void> Attendant::beat(BootTime now) {
  auto vitals = means_.vitals.read();
  vitals.counts.results = means_.committer.recorded();
  const auto renewal = means_.lease.begin_renewal();
  const auto beaten = means_.ledger.beat(means_.me, vitals);
  if (!beaten) return beaten;
  means_.lease.acknowledged(renewal);
  watchman_.own_acknowledged(BootClock::now());
  due_.beat = now + beat_interval;
  // What it remembers may be a little old, but is true.
  if (const auto written = means_.state.acknowledged(means_.committer.last_group()); !written) {
    spdlog::warn("{}", written.error().message);
  }
  return {};
}

Answer<void> Attendant::look_around(BootTime now) {
  const BootTime asked = BootClock::now();
  const auto survey = means_.ledger.survey(means_.run.number);
  if (!survey) return survey.error();
  const BootTime received = BootClock::now();
  due_.survey = asked + survey_interval;
  due_.next_news = asked + least_survey_interval;
  observe_vitals(received);
  const auto watched = watchman_.observe(means_.ledger, means_.me.number, {*survey, asked, received}, tell_of_fence);
  if (!watched) return watched;
  if (auto recorded = record_fence_proof(); !recorded) return recorded;
  return follow(*survey, now);
}

Answer<void> Attendant::record_fence_proof() {
  const auto accepted = means_.engine.stale_attempt_accepted();
  if (!accepted || told_.proof) return {};
  const auto proof = *accepted ? FenceProof::refuted : FenceProof::proven;
  auto recorded = means_.ledger.record_fence_proof(means_.run.number, proof);
  told_.proof = recorded.has_value();
  return recorded;
}

Answer<void> Attendant::follow(const Survey& survey, BootTime now) {
  const auto own = means_.book.with([](PartBook& book) { return book.owned_parts(); });
  const auto advice = follower_.follow(means_.ledger, means_.me.number, own, survey, means_.engine, now);
  if (!advice) return advice.error();
  if (*advice == RunFollower::Advice::stop) {
    conclude(end_of(survey.run.state, follower_.reason()));
    return {};
  }
  const auto service = judge_service();
  if (*advice == RunFollower::Advice::leave) conclude({ShiftEnd::Kind::cut_off});
  if (*advice == RunFollower::Advice::stand_back && may_stand_back()) conclude({ShiftEnd::Kind::stood_back});
  if (auto shared = shares_.follow(means_.ledger, means_.me, survey, means_.engine); !shared) return shared;
  share_.store(shares_.share().share());
  const auto at_work = std::ranges::count_if(
      survey.workers, [&](const WorkerRow& worker) { return is_at_work(worker, survey.run.rate); });
  supply_.look_out({.free_parts = survey.free_parts - std::min(survey.free_parts, survey.quiet_parts),
                    .workers = static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(at_work, 1)),
                    .is_spare = shares_.share().is_spare(),
                    .service = service});
  return consider_completion(survey);
}

ClaimSituation::Service Attendant::judge_service() {
  using Service = ClaimSituation::Service;
  const auto snapshot = means_.engine.snapshot();
  answered_ = answered_ || snapshot.finished() != 0 || means_.engine.service_clock().has_value();
  if (snapshot.pace.down) return Service::silent;
  if (answered_) return Service::answers;
  return means_.has_stood_back ? Service::doubtful : Service::untried;
}

Answer<void> Attendant::consider_completion(const Survey& survey) {
  if (survey.free_parts + survey.owned_parts + survey.quiet_parts != 0) return {};
  const auto completed = means_.ledger.complete(means_.run.number);
  if (!completed) return completed.error();
  if (*completed) conclude({ShiftEnd::Kind::completed});
  return {};
}

void Attendant::observe_vitals(BootTime now) {
  const auto& share = shares_.share();
  means_.vitals.observe({.requests = means_.engine.snapshot().requests,
                         .held_refusals = means_.engine.held_refusals(),
                         .share = share.share(),
                         .idle_for_rate = supply_.is_idle_for_rate()},
                        now);
}

ShiftEnd end_after(const Failure& failure) {
  switch (failure.fault) {
    case Fault::fenced:
      return {ShiftEnd::Kind::fenced};
    case Fault::forgotten:
      return {ShiftEnd::Kind::lost, failure.error};
    default:
      return {ShiftEnd::Kind::failed, failure.error};
  }
}

void Attendant::conclude(ShiftEnd end) {
  const auto kind = end.kind;
  {
    const MutexLock lock(mutex_);
    if (end_) return;
    end_ = std::move(end);
  }
  const bool over = kind == ShiftEnd::Kind::fenced || kind == ShiftEnd::Kind::lost;
  if (over) {
    // Others may be sending what this worker was to send.
    means_.lease.terminate();
    means_.events.give_up_after(Duration::zero());
  }
  if (kind == ShiftEnd::Kind::completed) {
    means_.queue.finish();
  } else {
    means_.engine.stop(over ? Duration::zero() : drain_grace);
  }
}

/// Returns whether the ledger could be asked to wait.
bool Attendant::wait_for_news(BootTime now) {
  if (standing_.failure() || connection_ != means_.ledger.connection()) return false;
  const Duration wait = std::clamp<Duration>(std::min(due_.beat, due_.survey) - now, Duration::zero(), news_slice);
  const auto news = means_.ledger.wait_for_news(means_.run.number, wait);
  if (!news) return false;
  if (*news) due_.survey = std::max(now, due_.next_news);
  return true;
}

void Attendant::pause_briefly() {
  const TimePoint end = Steady::now() + silent_interval;
  MutexLock lock(mutex_);
  while (!stopped_ && lock.wait_until(changed_, end)) {
  }
}

void Attendant::stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

std::optional<ShiftEnd> Attendant::end() const {
  {
    const MutexLock lock(mutex_);
    if (end_) return end_;
  }
  // The thread that commits may have noticed first.
  if (const auto failure = means_.committer.failure()) return end_after(*failure);
  return std::nullopt;
}

}  // namespace koobatch::fleet
