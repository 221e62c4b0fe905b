#include "engine/renewer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace koobatch::engine {
namespace {

using namespace std::chrono_literals;

/// How often the token file is checked.
constexpr Duration watch_interval = 1s;
/// How long the answer to a refresh may take once the run is over.
constexpr Duration last_answer_patience = 10s;

auth::Renewal::Settings policy_of(const Renewer::Parts& parts) {
  const bool refreshes = parts.refresh_token_file != nullptr;
  return {parts.credentials.rereadable() || refreshes, refreshes, parts.settings.pace.max_outage};
}

}  // namespace

Renewer::Renewer(Parts parts) : parts_(std::move(parts)), policy_(policy_of(parts_), Steady::now()) {
  if (!parts_.refresh_token_file) return;
  refresher_.emplace(context_, parts_.settings, parts_.pace, parts_.clock, parts_.credentials, parts_.tls,
                     std::move(*parts_.refresh_token_file));
}

Renewer::~Renewer() {
  stop();
}

void Renewer::start() {
  if (!parts_.credentials.rereadable() && !refresher_) return;
  net::asio::co_spawn(context_, run(), [this](const std::exception_ptr& exception) {
    ended_ = true;
    last_answer_.cancel();
    if (!exception) return;
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      parts_.events.stop(InternalError{"the renewal of the credentials", error.what()});
    }
  });
  thread_ = std::thread([this] { context_.run(); });
}

void Renewer::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  net::asio::post(context_, [this] {
    if (ended_) return;
    timer_.cancel();
    if (refresher_) refresher_->stop();
    last_answer_.expires_after(last_answer_patience);
    last_answer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && refresher_) refresher_->abandon();
    });
  });
  thread_.join();
}

net::Awaitable<void> Renewer::run() {
  while (!stopping_) {
    if (!begins()) {
      watch_file();
      co_await sleep();
      continue;
    }
    const auto ending = co_await obtain();
    if (stopping_) {
      // No longer of use, but the user must know where the new refresh token is.
      if (ending.error) spdlog::warn("{}", ending.error->message);
      co_return;
    }
    if (!conclude(ending)) co_return;
  }
}

/// Whether a renewal must be carried out.
bool Renewer::begins() {
  const MutexLock lock(mutex_);
  if (policy_.begin_if_due(Steady::now())) parts_.pace.hold(Steady::now());
  return policy_.under_way();
}

net::Awaitable<void> Renewer::sleep() {
  TimePoint until = TimePoint::max();
  if (parts_.credentials.has_file()) until = Steady::now() + watch_interval;
  {
    const MutexLock lock(mutex_);
    // It began meanwhile, when the timer to be cancelled was not set yet.
    if (policy_.under_way()) co_return;
    until = std::min(until, policy_.due());
  }
  timer_.expires_at(until);
  co_await timer_.async_wait(net::as_result);
}

/// Tries the source, in which the owner may have put another token, and then the service.
net::Awaitable<Refresher::Ending> Renewer::obtain() {
  if (!refresher_ || parts_.credentials.file_changed()) {
    const auto reread = parts_.credentials.reread([this] { return stopping_.load(); });
    if (reread && *reread)
      co_return Refresher::Ending{.renewed = true, .by_owner = parts_.credentials.has_file(), .asked = Steady::now()};
    if (stopping_) co_return Refresher::Ending{};
    if (!refresher_)
      co_return reread ? Refresher::Ending{} : Refresher::Ending{.error = resumable(parts_.settings, reread.error())};
    if (!reread) spdlog::warn("{}", reread.error().message);
  }
  co_return co_await ask_service();
}

/// Repeats the call after transient failures, as long as the policy has patience.
net::Awaitable<Refresher::Ending> Renewer::ask_service() {
  refresher_->begin();
  for (;;) {
    auto ending = co_await refresher_->attempt();
    if (ending) co_return std::move(*ending);
    const TimePoint now = Steady::now();
    const TimePoint again = now + refresher_->next_pause();
    if (!may_retry(now, again)) co_return Refresher::Ending{.error = refresher_->outlasted()};
    co_await refresher_->sleep_until(again);
  }
}

/// Measured on a clock that stops while the user pauses the run.
bool Renewer::may_retry(TimePoint now, TimePoint again) {
  const Duration paused = parts_.pace.paused_time(now);
  std::optional<TimePoint> down_since;
  if (const auto down_for = parts_.pace.down_for(now)) down_since = now - paused - *down_for;
  const MutexLock lock(mutex_);
  return policy_.may_retry(now - paused, again - paused, down_since);
}

/// False: the run cannot continue.
bool Renewer::conclude(const Refresher::Ending& ending) {
  MutexLock lock(mutex_);
  if (ending.renewed) {
    renewals_.fetch_add(1, std::memory_order_relaxed);
    spdlog::info("the access token was renewed");
    if (ending.by_owner) {
      policy_.replaced(Steady::now());
    } else {
      policy_.renewed(ending.asked, ending.lifetime);
    }
    release();
    return true;
  }
  if (policy_.cause() == auth::Renewal::Cause::suspected) {
    if (ending.error) spdlog::warn("{}", ending.error->message);
    policy_.given_up();
    release();
    return true;
  }
  // From here on nothing is sent.
  StopReason reason = RenewalFailed{ending.error.value_or(fatal_error("the credentials cannot be renewed"))};
  if (!ending.error && refusal_) reason = *refusal_;
  lock.unlock();
  parts_.events.stop(std::move(reason));
  return false;
}

/// The owner may put a new token there at any time.
void Renewer::watch_file() {
  if (!parts_.credentials.file_changed()) return;
  const auto reread = parts_.credentials.reread();
  if (!reread) spdlog::warn("{}; continuing with the token that was read before", reread.error().message);
  if (!reread || !*reread) return;
  renewals_.fetch_add(1, std::memory_order_relaxed);
  spdlog::info("{} was changed: the token in it is in use from now on", parts_.credentials.source());
  const MutexLock lock(mutex_);
  policy_.replaced(Steady::now());
  release();
}

void Renewer::release() {
  parts_.pace.release(Steady::now());
  parts_.events.pace_changed();
}

bool Renewer::in_use(const auth::Header& header) const {
  return *parts_.credentials.header() == *header;
}

/// From here on nothing is sent.
void Renewer::hold() {
  parts_.pace.hold(Steady::now());
  net::asio::post(context_, [this] { timer_.cancel(); });
}

bool Renewer::refused(const auth::Header& sent, const koodrive::Outcome& outcome) {
  const MutexLock lock(mutex_);
  // Another request was refused as well, and the token has been renewed since.
  if (!in_use(sent)) return true;
  if (!policy_.refused()) {
    // Other threads must not send requests bound to fail, until they know that the run is over.
    parts_.pace.hold(Steady::now());
    return false;
  }
  refusal_ = why_refused(sent, outcome);
  hold();
  return true;
}

bool Renewer::suspected(const auth::Header& sent) {
  const MutexLock lock(mutex_);
  if (!in_use(sent)) return true;
  // An unchanged file would only cost the operation an attempt.
  const bool nothing_new = !refresher_ && parts_.credentials.has_file() && !parts_.credentials.file_changed();
  if (nothing_new || !policy_.suspected(Steady::now())) return false;
  hold();
  return true;
}

void Renewer::accepted(const auth::Header& sent) {
  const MutexLock lock(mutex_);
  if (in_use(sent)) policy_.accepted(Steady::now());
}

CredentialsRefused Renewer::why_refused(const auth::Header& sent, const koodrive::Outcome& outcome) const {
  return {parts_.credentials.source(), parts_.credentials.form_of(*sent), outcome.said()};
}

}  // namespace koobatch::engine
