#include "engine/refresher.hpp"

#include "engine/wire.hpp"
#include "koobatch/auth/wipe.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/koodrive/refresh_call.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace koobatch::engine {
namespace {

using koodrive::Verdict;

/// The refresh call requires the token with its own scheme word, whatever form other requests use.
std::string authorization(std::string_view access_token) {
  return fmt::format("AT {}", access_token);
}

}  // namespace

Refresher::Refresher(net::asio::io_context& context, const RunSettings& settings, flow::Pace& pace,
                     koodrive::ClockProof& clock, auth::Credentials& credentials, net::asio::ssl::context* tls,
                     auth::RefreshTokenFile file)
    : settings_(settings),
      pace_(pace),
      credentials_(credentials),
      file_(std::move(file)),
      context_(context),
      sleep_(context),
      deadlines_(context),
      dialer_(make_dialer(settings, tls, deadlines_, turns_)),
      renderer_(settings.endpoint),
      clock_(clock),
      random_(std::random_device()()) {}

void Refresher::stop() {
  stopping_ = true;
  sleep_.cancel();
}

void Refresher::abandon() {
  if (session_) session_->close();
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

void Refresher::begin() {
  clock_repeats_ = {};
  maybe_spent_ = false;
  tries_ = 0;
}

net::Awaitable<std::optional<Refresher::Ending>> Refresher::attempt() {
  ++tries_;
  do {
    co_await wait_for_permit();
    if (stopping_) co_return Ending{};
    // Read each time: the token's owner may have replaced it.
    const auto token = file_.read();
    if (!token) co_return Ending{.error = resumable(settings_, token.error())};
    if (auto prepared = file_.prepare(); !prepared) co_return Ending{.error = resumable(settings_, prepared.error())};
    credentials_.hide(token->view());
    co_await call(*token);
    if (auto ending = judge()) co_return ending;
  } while (repeat_for_clock_);
  spdlog::debug("renewing the access token failed: {}", outcome_.error);
  co_return std::nullopt;
}

net::Awaitable<void> Refresher::call(const auth::Secret& refresh_token) {
  session_ = net::make_session(context_, dialer_);
  final_failure_ = repeat_for_clock_ = false;
  asked_ = Steady::now();
  exchange_.answer.clear();
  const auto opened = co_await session_->open(exchange_.answer.error);
  if (opened == net::Session::Opened::yes) {
    co_await exchange(*session_, refresh_token);
  } else {
    exchange_.answer.delivery = http::Delivery::not_sent;
    final_failure_ = opened == net::Session::Opened::never;
  }
  classify();
  const bool sick = outcome_.verdict == Verdict::throttled || !outcome_.service_up();
  if (sick && opened == net::Session::Opened::yes) session_->discredit();
  session_.reset();
  // A timer that is no longer needed would keep the thread from ending.
  deadlines_.stop();
}

net::Awaitable<void> Refresher::exchange(net::Session& session, const auth::Secret& refresh_token) {
  const auto header = credentials_.header();
  asked_ = Steady::now();
  // Each call has its own connection.
  node_ = {};
  dated_ = clock_.date(asked_, WallClock::now(), node_, &clock_repeats_);
  const auth::Secret body = koodrive::refresh_body(refresh_token.view());
  std::string value = authorization(credentials_.secret_in(*header));
  renderer_.render_call(koodrive::refresh_target, value, dated_.x_date, body.view(), exchange_.request);
  co_await session.exchange(exchange_);
  exchange_.request = http::Request();
  auth::wipe(value);
  final_failure_ = exchange_.refused;
  answered_ = Steady::now();
  clock_.observe(exchange_.answer.date, answered_);
}

void Refresher::classify() {
  const auto header = credentials_.header();
  const auto former = credentials_.former_secrets();
  classifier_.classify(exchange_.answer, {}, WallClock::now(), outcome_, credentials_.secret_in(*header), *former);
}

/// How the attempt ended; nothing if it is to be repeated.
std::optional<Refresher::Ending> Refresher::judge() {
  if (final_failure_) return Ending{.error = fatal_error(outcome_.error)};
  switch (outcome_.verdict) {
    case Verdict::succeeded:
      clock_.accepted(dated_, answered_, node_);
      return take_session();
    case Verdict::rejected:
    case Verdict::undecidable:
    case Verdict::unauthorized:
    case Verdict::suspicious:
      repeat_for_clock_ = may_be_the_clock();
      if (repeat_for_clock_) return std::nullopt;
      return Ending{.error = refused()};
    case Verdict::unclear:
    case Verdict::stale:
      maybe_spent_ = true;
      if (outcome_.error.empty()) outcome_.error = fmt::format("HTTP {}", outcome_.http);
      return std::nullopt;
    case Verdict::throttled:
    case Verdict::not_applied:
    case Verdict::refused:
    case Verdict::repeat:
      if (outcome_.error.empty()) outcome_.error = fmt::format("HTTP {}", outcome_.http);
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Refresher::Ending> Refresher::take_session() {
  const auto answer = koodrive::read_refresh_answer(exchange_.answer.body, exchange_.answer.content_type);
  auth::wipe(exchange_.answer.body);
  if (!answer.session) {
    maybe_spent_ = true;
    outcome_.error = fmt::format("HTTP {} without the documented session", outcome_.http);
    return std::nullopt;
  }
  const koodrive::Session& session = *answer.session;
  // Before anything else: the token in the file may be spent.
  if (session.refresh_token) {
    credentials_.hide(session.refresh_token->view());
    if (auto replaced = file_.replace(session.refresh_token->view()); !replaced) {
      return Ending{.error = resumable(settings_, replaced.error())};
    }
  }
  credentials_.adopt(session.access_token);
  return Ending{.renewed = true, .asked = asked_, .lifetime = session.lifetime, .error = {}};
}

/// A refusal that may be due to the clock is retried at once.
bool Refresher::may_be_the_clock() {
  if (outcome_.http != 400 && outcome_.http != 401) return false;
  return clock_.refused(dated_, exchange_.answer.date, answered_, WallClock::now(), koodrive::Cause::unsaid, node_,
                        clock_repeats_) != koodrive::ServerClock::Refusal::believe;
}

Duration Refresher::next_pause() {
  if (outcome_.retry_after > Duration::zero()) return *outcome_.retry_after;
  return settings_.scheduler.retry.backoff(tries_, random_);
}

Error Refresher::refused() const {
  const std::string code = outcome_.code ? fmt::format(", code {}", *outcome_.code) : std::string();
  const std::string lost =
      maybe_spent_ ? ", after an answer that was lost and may have held another refresh token" : "";
  return resumable(
      settings_,
      fatal_error(fmt::format(
          "{} refused to renew the access token (HTTP {}{}{}){}. The refresh token in {} is no longer valid: log in "
          "again, put new tokens there and into {}",
          settings_.endpoint.url(), outcome_.http, code, outcome_.said(), lost, file_.path(), credentials_.source())));
}

Error Refresher::outlasted() const {
  return resumable_later(
      settings_,
      fatal_error(fmt::format("{} did not renew the access token for {:g} s ({}): {}", settings_.endpoint.url(),
                              seconds(settings_.pace.max_outage), spell(SettingName::max_outage), outcome_.error)));
}

}  // namespace koobatch::engine
