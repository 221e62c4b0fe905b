#include "koobatch/engine/refresher.hpp"

#include "koobatch/auth/refresh_call.hpp"
#include "koobatch/auth/wipe.hpp"
#include "koobatch/engine/dialer.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace koobatch::engine {
namespace {

using flow::Verdict;

/// The call wants the token with a scheme word of its own, whatever the others are sent with.
std::string authorization(std::string_view access_token) {
  return fmt::format("AT {}", access_token);
}

}  // namespace

Refresher::Refresher(net::asio::io_context& context, const RunSettings& settings, flow::Pace& pace,
                     flow::ClockProof& clock, auth::Credentials& credentials, net::asio::ssl::context* tls,
                     auth::RefreshTokenFile file)
    : settings_(settings),
      pace_(pace),
      credentials_(credentials),
      file_(std::move(file)),
      context_(context),
      sleep_(context),
      timer_(context),
      dialer_(make_dialer(settings, tls, deadlines_, turns_)),
      renderer_(settings.endpoint),
      clock_(clock),
      random_(std::random_device()()) {
  deadlines_.earlier = [this] { arm_timer(); };
}

void Refresher::arm_timer() {
  timer_.expires_at(deadlines_.next());
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    deadlines_.expire(Steady::now());
    if (deadlines_.next() != TimePoint::max()) arm_timer();
  });
}

void Refresher::stop() {
  stopping_ = true;
  sleep_.cancel();
}

void Refresher::abandon() {
  if (connection_ != nullptr) connection_->close();
}

net::Awaitable<void> Refresher::sleep_until(TimePoint time) {
  if (stopping_) co_return;
  sleep_.expires_at(time);
  co_await sleep_.async_wait(net::as_result);
}

net::Awaitable<void> Refresher::wait_for_permit() {
  while (!stopping_) {
    const auto permit = pace_.acquire_within_hold(Steady::now());
    if (permit.granted) co_return;
    co_await sleep_until(permit.ask_at);
  }
}

net::Awaitable<Refresher::Ending> Refresher::refresh(const Patience& patience) {
  clock_mended_ = maybe_spent_ = false;
  for (unsigned tries = 1;; ++tries) {
    co_await wait_for_permit();
    if (stopping_) co_return Ending{};
    // Read anew each time: its owner may have replaced it.
    const auto token = file_.read();
    if (!token) co_return Ending{.error = resumable(settings_, token.error())};
    if (auto prepared = file_.prepare(); !prepared) co_return Ending{.error = resumable(settings_, prepared.error())};
    credentials_.hide(token->view());
    co_await call(*token);
    if (auto ending = judge()) co_return std::move(*ending);
    if (mend_clock()) continue;
    const TimePoint now = Steady::now();
    const TimePoint again = now + pause(tries);
    if (!patience(now, again)) co_return Ending{.error = outlasted()};
    spdlog::debug("renewing the access token failed and will be tried again: {}", outcome_.error);
    co_await sleep_until(again);
  }
}

net::Awaitable<void> Refresher::call(const auth::Secret& refresh_token) {
  net::Connection connection(context_, dialer_);
  connection_ = &connection;
  final_failure_ = false;
  asked_ = Steady::now();
  const auto opened = co_await connection.open(answer_);
  if (opened == net::Connection::Opened::yes) {
    co_await exchange(connection, refresh_token);
  } else {
    answer_.delivery = flow::Delivery::not_sent;
    final_failure_ = opened == net::Connection::Opened::never;
  }
  connection_ = nullptr;
  // A timer that nobody needs any more would keep the thread from ending.
  timer_.cancel();
  classify();
}

net::Awaitable<void> Refresher::exchange(net::Connection& connection, const auth::Secret& refresh_token) {
  const auto header = credentials_.header();
  asked_ = Steady::now();
  x_date_ = clock_.x_date(asked_, WallClock::now());
  const auth::Secret body = auth::refresh_body(refresh_token.view());
  std::string value = authorization(credentials_.secret_in(*header));
  std::string request;
  renderer_.render_call(auth::refresh_target, value, x_date_, body.view(), request);
  co_await connection.exchange(request, answer_);
  auth::wipe(value);
  auth::wipe(request);
  final_failure_ = connection.refused();
  clock_.observe(answer_.date, Steady::now());
}

void Refresher::classify() {
  const auto header = credentials_.header();
  const auto former = credentials_.former_secrets();
  classifier_.classify(answer_, {}, WallClock::now(), outcome_, credentials_.secret_in(*header), *former);
}

/// How it ended; nothing if it is to be tried again.
std::optional<Refresher::Ending> Refresher::judge() {
  if (final_failure_) return Ending{.error = fatal_error(outcome_.error)};
  switch (outcome_.verdict) {
    case Verdict::succeeded:
      return take_session();
    case Verdict::rejected:
    case Verdict::undecidable:
    case Verdict::unauthorized:
    case Verdict::suspicious:
      if (!clock_mended_ && flow::ServerClock::explains_refusal(x_date_, answer_.date)) return std::nullopt;
      return Ending{.error = refused()};
    case Verdict::unclear:
    case Verdict::stale:
      maybe_spent_ = true;
      if (outcome_.error.empty()) outcome_.error = fmt::format("HTTP {}", outcome_.http);
      return std::nullopt;
    case Verdict::throttled:
    case Verdict::not_applied:
    case Verdict::repeat:
      if (outcome_.error.empty()) outcome_.error = fmt::format("HTTP {}", outcome_.http);
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Refresher::Ending> Refresher::take_session() {
  const auto answer = auth::read_refresh_answer(answer_.body);
  auth::wipe(answer_.body);
  if (!answer.session) {
    maybe_spent_ = true;
    outcome_.error = fmt::format("HTTP {} without the documented session", outcome_.http);
    return std::nullopt;
  }
  const auth::Session& session = *answer.session;
  // Before anything else: the one in the file may be spent.
  if (session.refresh_token) {
    credentials_.hide(session.refresh_token->view());
    if (auto replaced = file_.replace(session.refresh_token->view()); !replaced) {
      return Ending{.error = resumable(settings_, replaced.error())};
    }
  }
  credentials_.adopt(session.access_token);
  return Ending{.renewed = true, .asked = asked_, .lifetime = session.lifetime, .error = {}};
}

/// A refusal that the clock explains is tried again at once with the right time, which the answer told.
bool Refresher::mend_clock() {
  const bool refused = outcome_.http == 400 || outcome_.http == 401;
  return refused && !std::exchange(clock_mended_, true);
}

Duration Refresher::pause(unsigned tries) {
  if (outcome_.retry_after > Duration::zero()) return *outcome_.retry_after;
  return settings_.scheduler.retry.backoff(tries, random_);
}

Error Refresher::refused() const {
  const std::string code = outcome_.code ? fmt::format(", code {}", *outcome_.code) : std::string();
  return fatal_error(fmt::format(
      "{} refused to renew the access token (HTTP {}{}{}){}. The refresh token in {} is not valid any more: log in "
      "anew, put new tokens there and into {}{}",
      settings_.endpoint.url(), outcome_.http, code, outcome_.said(),
      maybe_spent_ ? ", after an answer that was lost and may have held another refresh token" : "", file_.path(),
      credentials_.source(), then_resume(settings_)));
}

Error Refresher::outlasted() const {
  return fatal_error(fmt::format(
      "{} did not renew the access token for {:g} s (--max-outage): {}{}", settings_.endpoint.url(),
      seconds(settings_.pace.max_outage), outcome_.error,
      advice(settings_, fmt::format("; run '{}' when it is back", report::resume_command(settings_.report.native())))));
}

}  // namespace koobatch::engine
