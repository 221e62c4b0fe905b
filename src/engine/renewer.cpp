#include "koobatch/engine/renewer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace koobatch::engine {
namespace {

using namespace std::chrono_literals;

/// How often the token file is looked at.
constexpr Duration watch_interval = 1s;
/// How long the answer to a refresh may still come when the run is over.
constexpr Duration last_answer_patience = 10s;

auth::Renewal::Settings policy_of(const Renewer::Parts& parts) {
  const bool refreshes = parts.refresh_token_file.has_value();
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
      parts_.abort(fatal_error(fmt::format("internal error while renewing the credentials: {}", error.what())));
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
      // It is of no use any more, but where a new refresh token is must be said.
      if (ending.error) spdlog::warn("{}", ending.error->message);
      co_return;
    }
    if (!conclude(ending)) co_return;
  }
}

/// Is there a renewal to be carried out?
bool Renewer::begins() {
  const std::lock_guard guard(mutex_);
  if (policy_.begin_if_due(Steady::now())) parts_.pace.hold(Steady::now());
  return policy_.under_way();
}

net::Awaitable<void> Renewer::sleep() {
  TimePoint until = TimePoint::max();
  if (parts_.credentials.has_file()) until = Steady::now() + watch_interval;
  {
    const std::lock_guard guard(mutex_);
    // Begun meanwhile: whoever did has cancelled a timer that was not yet set.
    if (policy_.under_way()) co_return;
    until = std::min(until, policy_.due());
  }
  timer_.expires_at(until);
  co_await timer_.async_wait(net::as_result);
}

/// Asks the source, in which its owner may have put another token, and then the service.
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
  co_return co_await refresher_->refresh([this](TimePoint now, TimePoint again) {
    // On a clock that stands still while the user pauses the run.
    const Duration paused = parts_.pace.paused_time(now);
    std::optional<TimePoint> down_since;
    if (const auto down_for = parts_.pace.down_for(now)) down_since = now - paused - *down_for;
    const std::lock_guard guard(mutex_);
    return policy_.may_retry(now - paused, again - paused, down_since);
  });
}

/// False: the run cannot go on.
bool Renewer::conclude(const Refresher::Ending& ending) {
  std::unique_lock lock(mutex_);
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
  // Nothing leaves any more.
  const Error error =
      ending.error ? *ending.error : refusal_.value_or(fatal_error("the credentials cannot be renewed"));
  lock.unlock();
  parts_.abort(error);
  return false;
}

/// Its owner may put a new token there at any time.
void Renewer::watch_file() {
  if (!parts_.credentials.file_changed()) return;
  const auto reread = parts_.credentials.reread();
  if (!reread) spdlog::warn("{}; going on with the token that was read before", reread.error().message);
  if (!reread || !*reread) return;
  renewals_.fetch_add(1, std::memory_order_relaxed);
  spdlog::info("{} was changed: the token in it is in use from now on", parts_.credentials.source());
  const std::lock_guard guard(mutex_);
  policy_.replaced(Steady::now());
  release();
}

/// With the lock held.
void Renewer::release() {
  parts_.pace.release(Steady::now());
  parts_.pace_changed();
}

bool Renewer::in_use(const auth::Credentials::Header& header) const {
  return *parts_.credentials.header() == *header;
}

/// With the lock held: nothing leaves any more.
void Renewer::hold() {
  parts_.pace.hold(Steady::now());
  net::asio::post(context_, [this] { timer_.cancel(); });
}

bool Renewer::refused(const auth::Credentials::Header& sent, const flow::Outcome& outcome) {
  const std::lock_guard guard(mutex_);
  // Somebody else was refused as well, and has seen to it.
  if (!in_use(sent)) return true;
  if (!policy_.refused()) {
    // Nor may others send what would be in vain, until they have heard that the run is over.
    parts_.pace.hold(Steady::now());
    return false;
  }
  refusal_ = why_refused(sent, outcome);
  hold();
  return true;
}

bool Renewer::suspected(const auth::Credentials::Header& sent) {
  const std::lock_guard guard(mutex_);
  if (!in_use(sent)) return true;
  // A file that says the same would only cost the operation an attempt.
  const bool nothing_new = !refresher_ && parts_.credentials.has_file() && !parts_.credentials.file_changed();
  if (nothing_new || !policy_.suspected(Steady::now())) return false;
  hold();
  return true;
}

void Renewer::accepted(const auth::Credentials::Header& sent) {
  const std::lock_guard guard(mutex_);
  if (in_use(sent)) policy_.accepted(Steady::now());
}

Error Renewer::why_refused(const auth::Credentials::Header& sent, const flow::Outcome& outcome) const {
  const std::string form = parts_.credentials.form_of(*sent);
  return fatal_error(fmt::format(
      "{} refused the credentials from {} (HTTP 401{}); they were sent as 'Authorization: {}'. Renew them, or "
      "choose another form with --authorization, e.g. '{}'{}",
      parts_.settings.endpoint.url(), parts_.credentials.source(), outcome.said(), form,
      form.starts_with("Bearer+") ? "Bearer {token}" : "Bearer+{token}", then_resume(parts_.settings)));
}

}  // namespace koobatch::engine
