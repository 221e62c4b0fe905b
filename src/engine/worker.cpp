#include "koobatch/engine/worker.hpp"

#include "koobatch/auth/wipe.hpp"
#include "koobatch/engine/dialer.hpp"
#include "koobatch/engine/request_outcome.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/record.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace koobatch::engine {
namespace {

using flow::Verdict;
using namespace std::chrono_literals;

/// A batch of results this large, or this old, goes to the report's writer.
constexpr std::size_t batch_bytes = 64 * 1024;
constexpr Duration batch_age = 20ms;
/// How often it is told that the service takes the credentials.
constexpr Duration accepted_interval = 1s;
/// An operation is repeated at most so often because something about its request was mended: the clock once, and the
/// credentials once.
constexpr unsigned max_mended = 2;

flow::SchedulerSettings share_of(const RunSettings& settings, unsigned connections) {
  flow::SchedulerSettings share = settings.scheduler;
  share.look_ahead = std::max<std::size_t>(share.look_ahead / settings.threads, 4 * Inbox::batch_size);
  share.look_ahead_bytes /= settings.threads;
  share.low_water = std::size_t{connections} * 4;
  share.notes_ahead = connections;
  share.most_blocked_keys /= settings.threads;
  return share;
}

/// What to check when the service takes no signature of the app's.
Error signature_refused(const RunSettings& settings, WallTime x_date, const flow::Outcome& outcome) {
  std::string date(x_date_length, '\0');
  write_x_date(x_date, date.data());
  return fatal_error(fmt::format(
      "{} refused the app signature (HTTP 401{}). Check that --app-id {} is the app's ID, that {} holds its secret, "
      "and that the clock is right (the request was dated {}){}",
      settings.endpoint.url(), outcome.said(), settings.app.id, settings.app.secret_file.string(), date,
      then_resume(settings)));
}

}  // namespace

struct Worker::Line {
  Line(net::asio::io_context& context, net::Dialer& dialer) : connection(context, dialer) {}
  ~Line() { auth::wipe(request); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  net::Connection connection;
  flow::Seat seat;
  std::string request;
  flow::Answer answer;
  flow::Outcome outcome;
  WallTime x_date;
  auth::Credentials::Header header;  ///< what this line's request was sent with
  std::string_view secret;           ///< within `header`, or the signature within `request`
};

Worker::Worker(unsigned index, unsigned connections, std::uint64_t seed, const Shared& shared)
    : index_(index),
      shared_(shared),
      dialer_(make_dialer(shared.settings, shared.tls, deadlines_, turns_)),
      renderer_(shared.settings.endpoint, shared.settings.app_key.get()),
      scheduler_(share_of(shared.settings, connections), shared.pace, shared.stopped_users, seed),
      clock_(shared.clock),
      header_(shared.credentials.header()),
      former_secrets_(shared.credentials.former_secrets()),
      credentials_version_(shared.credentials.version()) {
  batch_.worker = index;
  batch_.number = 1;
  deadlines_.earlier = [this] { arm_timer(); };
  inbox_.wake = [this] {
    net::asio::post(context_, [this] {
      pull_input();
      wake_one();
    });
  };
  if (shared.settings.synthetic) measured_ = std::make_unique<Measurements>();
  if (shared.settings.metrics) request_counters_ = std::make_unique<observe::RequestCounters>();
  for (unsigned i = 0; i < connections; ++i) lines_.push_back(std::make_unique<Line>(context_, dialer_));
}

Worker::~Worker() {
  join();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  for (const auto& line : lines_) {
    ++lines_running_;
    net::asio::co_spawn(context_, serve(*line), [this](const std::exception_ptr& exception) {
      if (exception) {
        try {
          std::rethrow_exception(exception);
        } catch (const std::exception& error) {
          abort(fatal_error(fmt::format("internal error in a connection: {}", error.what())));
        }
      }
      line_ended();
    });
  }
  context_.run();
  shared_.worker_ended();
}

void Worker::line_ended() {
  if (--lines_running_ != 0) {
    wake_one();
    return;
  }
  hand_over(false);
  inbox_.refuse();
  timer_.cancel();
  work_.reset();
}

net::Awaitable<void> Worker::serve(Line& line) {
  for (;;) {
    const TimePoint now = Steady::now();
    if (shared_.writer.saturated()) {
      // A slow disk must not fill the memory: nothing more is sent until the writer is relieved.
      wake_at(now + batch_age);
      co_await park();
      continue;
    }
    line.seat.connected = line.connection.still_usable(now);
    const flow::Action action = scheduler_.next(line.seat, now);
    check_overwhelmed();
    switch (action.kind) {
      case flow::Action::Kind::send:
        if (scheduler_.has_ready(now)) wake_one();
        prepare(line, action.slot, now);
        co_await line.connection.exchange(line.request, line.answer);
        conclude(line, action.slot);
        counters_.in_flight.set(scheduler_.in_flight());
        break;
      case flow::Action::Kind::note:
        note(action.slot, now);
        break;
      case flow::Action::Kind::connect:
        if (!line.seat.probing && scheduler_.has_ready(now)) wake_one();
        co_await open(line);
        break;
      case flow::Action::Kind::give_up:
        record(action.slot, action.status, scheduler_.last_outcome(action.slot),
               scheduler_.last_timing(action.slot, now));
        break;
      case flow::Action::Kind::wait:
        // What was left out has made room.
        if (pull_input()) break;
        check_outage(now);
        wake_at(action.until);
        consider_sync();
        co_await park();
        break;
      case flow::Action::Kind::done:
        co_return;
    }
  }
}

net::Awaitable<void> Worker::open(Line& line) {
  const auto opened = co_await line.connection.open(line.answer);
  if (opened == net::Connection::Opened::yes) co_return;
  if (opened == net::Connection::Opened::no_room) {
    co_await do_without(line);
    co_return;
  }
  last_failure_ = line.answer.error;
  if (opened == net::Connection::Opened::never) {
    abort(fatal_error(line.answer.error));
  }
  line.answer.delivery = flow::Delivery::not_sent;
  const flow::AttemptTiming timing{Steady::now(), WallClock::now(), {}};
  classifier_.classify(line.answer, {}, timing.at, line.outcome);
  line.seat.connected = false;
  if (measured_) measure_failure(line.outcome, {}, timing.at);
  if (const auto final = scheduler_.connect_failed(line.seat, line.outcome, timing)) {
    record(final->slot, final->status, line.outcome, timing);
  }
  if (scheduler_.take_pace_changed()) pace_changed();
  check_outage(timing.now);
}

/// There is no room on this machine for one more connection: those that are open do its work.
net::Awaitable<void> Worker::do_without(Line& line) {
  if (!std::exchange(told_of_shortage_, true)) {
    spdlog::warn("{}; going on with {} connections. Lower --connections, or raise the limit (ulimit -n)",
                 line.answer.error, dialer_.open);
  }
  scheduler_.put_off(line.seat, Steady::now());
  wake_one();
  co_await line.connection.wait_for_room();
}

void Worker::prepare(Line& line, flow::SlotId slot, TimePoint now) {
  const job::Operation& operation = scheduler_.operation(slot);
  const std::uint8_t attempt = scheduler_.attempt(slot);
  line.x_date = clock_.x_date(now, WallClock::now());
  if (shared_.user_credentials != nullptr) {
    line.header = shared_.user_credentials->header(operation.user());
    line.secret = shared_.user_credentials->secret_in(*line.header);
  } else if (follow_credentials(); line.header != header_) {
    line.header = header_;
    line.secret = shared_.credentials.secret_in(*line.header);
  }
  const std::string_view signature = renderer_.render(operation, *line.header, line.x_date,
                                                      {shared_.trace_prefix, operation.line(), attempt}, line.request);
  if (!signature.empty()) line.secret = signature;
  counters_.requests.add();
  if (attempt > 1) counters_.retries.add();
  counters_.in_flight.set(scheduler_.in_flight());
}

void Worker::abort(Error cause, const std::optional<TraceId>& attempt) {
  shared_.abort(std::move(cause), attempt);
}

void Worker::follow_credentials() {
  const auto version = shared_.credentials.version();
  if (version == credentials_version_) return;
  credentials_version_ = version;
  header_ = shared_.credentials.header();
  former_secrets_ = shared_.credentials.former_secrets();
  tell_accepted_at_ = TimePoint::min();
}

void Worker::conclude(Line& line, flow::SlotId slot) {
  const TimePoint now = line.connection.ended_at();
  if (line.connection.refused()) {
    counters_.unanswered.add();
    if (request_counters_) {
      request_counters_->add(observe::RequestOutcome::unanswered, now - line.connection.sent_at());
    }
    abort(fatal_error(line.answer.error));
    scheduler_.abandon(line.seat, slot, now);
    return;
  }
  const flow::AttemptTiming timing{now, WallClock::now(), now - line.connection.sent_at()};
  const job::Operation& operation = scheduler_.operation(slot);
  clock_.observe(line.answer.date, now);
  classifier_.classify(line.answer, operation.row().answers_id ? operation.id() : std::string_view(), timing.at,
                       line.outcome, line.secret, *former_secrets_);
  flow::Outcome& outcome = line.outcome;
  if (outcome.close) line.connection.close();
  if (outcome.http == 0) {
    counters_.unanswered.add();
    last_failure_ = outcome.error;
  } else if (!outcome.service_up()) {
    last_failure_ = fmt::format("HTTP {}", outcome.http);
  }
  if (outcome.verdict == Verdict::throttled) counters_.throttled.add();
  if (request_counters_) request_counters_->add(request_outcome(outcome), timing.latency);
  if (measured_) {
    measured_->service.record(timing.latency);
    if (outcome.verdict != Verdict::succeeded) measure_failure(outcome, trace_of(slot), timing.at);
  }
  if (outcome.verdict == Verdict::succeeded || outcome.verdict == Verdict::rejected) shared_.stopped_users.accepted();
  // The documented code for a wrong parameter may be about X-Date.
  const bool refused = outcome.verdict == Verdict::unauthorized || outcome.verdict == Verdict::suspicious ||
                       (outcome.verdict == Verdict::rejected && outcome.http == 400);
  if (refused && !mend(line, slot)) return;
  if (!refused && outcome.http != 0 && now >= tell_accepted_at_) note_accepted(line, now);

  line.seat.connected = line.connection.is_open();
  const auto status = scheduler_.complete(line.seat, slot, outcome, timing);
  // It is given up now, and not measuring it would make a service that hangs look well.
  if (measured_ && !status && scheduler_.stopping()) measured_->from_due.record(now - scheduler_.due(slot));
  if (status) {
    record(slot, *status, outcome, timing);
  } else {
    shared_.operation_log.unsettled(trace_of(slot), outcome, scheduler_.stopping());
  }
  if (scheduler_.take_pace_changed()) pace_changed();
}

/// The service refused the request, perhaps because of clock or credentials: sees to it that the attempt is repeated if
/// that can help. False if that settled the attempt.
bool Worker::mend(Line& line, flow::SlotId slot) {
  flow::Outcome& outcome = line.outcome;
  if (!scheduler_.mended(slot) && flow::ServerClock::explains_refusal(line.x_date, line.answer.date)) {
    outcome.verdict = Verdict::repeat;
    return true;
  }
  if (outcome.verdict == Verdict::rejected) return true;
  if (outcome.verdict == Verdict::unauthorized && shared_.settings.app_key) {
    // No other thread sends anything either until it has heard of it.
    shared_.pace.hold(Steady::now());
    abort(signature_refused(shared_.settings, line.x_date, outcome), trace_of(slot));
    scheduler_.abandon(line.seat, slot, Steady::now());
    return false;
  }
  if (outcome.verdict == Verdict::suspicious) {
    if (line.connection.lacks_certificate() && !std::exchange(told_of_certificate_, true)) {
      spdlog::warn("{} asked for a client certificate and got none (--cert, --key): that may be why it answers HTTP {}",
                   shared_.settings.endpoint.url(), outcome.http);
    }
    if (scheduler_.mended(slot) != 0) return true;
    if (shared_.user_credentials != nullptr) return mend_for_user(line, slot);
    if (shared_.renewer.suspected(line.header)) outcome.verdict = Verdict::repeat;
    return true;
  }
  if (shared_.user_credentials != nullptr) return mend_for_user(line, slot);
  if (scheduler_.mended(slot) < max_mended && shared_.renewer.refused(line.header, outcome)) {
    outcome.verdict = Verdict::repeat;
    return true;
  }
  shared_.pace.hold(Steady::now());
  abort(shared_.renewer.why_refused(line.header, outcome), trace_of(slot));
  scheduler_.abandon(line.seat, slot, Steady::now());
  return false;
}

void Worker::note_accepted(const Line& line, TimePoint now) {
  // Earlier ones may have been accepted long ago.
  if (line.header != header_) return;
  tell_accepted_at_ = now + accepted_interval;
  shared_.renewer.accepted(line.header);
}

/// Where every user has a token of its own, one that is refused stops its user and nobody else.
bool Worker::mend_for_user(Line& line, flow::SlotId slot) {
  flow::Outcome& outcome = line.outcome;
  const job::Operation& operation = scheduler_.operation(slot);
  const auto user = flow::UserPace::hash(operation.user());
  // Who was stopped is not started again: what came after on the same keys has been left out already.
  const bool may_go_on = !shared_.stopped_users.contains(user) && scheduler_.mended(slot) < max_mended;
  if (may_go_on && shared_.user_credentials->renew(line.header, operation.user())) {
    outcome.verdict = Verdict::repeat;
    return true;
  }
  if (outcome.verdict == Verdict::suspicious) return true;
  if (const std::size_t number = shared_.stopped_users.stop(user)) {
    shared_.user_stopped(operation, trace_of(slot), outcome, number);
    // Whoever ends the run learns of it later than the seats look for their next operation.
    if (shared_.stopped_users.hopeless()) scheduler_.stop();
    // Others may hold operations of this user that wait.
    shared_.pace_changed();
  }
  scheduler_.leave_out(line.seat, slot, outcome, Steady::now());
  if (scheduler_.take_pace_changed()) pace_changed();
  return false;
}

/// So many users are stopped that it cannot be remembered any more what must not be sent because of them.
void Worker::check_overwhelmed() {
  if (!scheduler_.overwhelmed()) return;
  abort(fatal_error(
      fmt::format("the tokens of {} users are refused, and operations on more than {} folders and albums must wait for "
                  "theirs, more than are kept in mind; put new tokens into {}, then run '{}'",
                  shared_.stopped_users.size(), shared_.settings.scheduler.most_blocked_keys / shared_.settings.threads,
                  shared_.user_credentials->file(), report::resume_command(shared_.settings.report.native()))));
}

/// Of the attempt that was made last.
TraceId Worker::trace_of(flow::SlotId slot) const {
  return {shared_.trace_prefix, scheduler_.operation(slot).line(), scheduler_.attempt(slot)};
}

void Worker::record(flow::SlotId slot, Status status, const flow::Outcome& outcome, const flow::AttemptTiming& timing) {
  const job::Operation& operation = scheduler_.operation(slot);
  const std::uint8_t attempt = scheduler_.attempt(slot);
  report::ResultRecord result;
  result.line = operation.line();
  result.op = operation.row().name;
  result.id = operation.id();
  result.status = status;
  result.http = outcome.http;
  result.code = outcome.code;
  result.msg = outcome.msg;
  result.error = outcome.error;
  result.attempts = attempt;
  result.trace_id = TraceId{shared_.trace_prefix, operation.line(), attempt};
  result.at = timing.at;
  result.latency = timing.latency;
  result.ref = operation.ref();
  result.history = scheduler_.history(slot);

  begin_batch(timing.now);
  report::append_line(batch_.lines, result);
  tally_.add(result);
  counters_.count(status);
  if (measured_) measured_->from_due.record(timing.now - scheduler_.due(slot));
  if (status != Status::succeeded) {
    // Who measures counts failures, and may keep no report.
    if (!measured_) shared_.operation_log.not_succeeded(result);
    shared_.not_succeeded();
  }
  if (shared_.first_results.watching()) consider_first(status, outcome);
  recorded_batch_ = batch_.number;
  scheduler_.recorded(slot, batch_.number);
  if (batch_.lines.size() >= batch_bytes || timing.now - batch_.first >= batch_age) hand_over(false);
  consider_sync();
  pull_input();
}

void Worker::measure_failure(const flow::Outcome& outcome, std::optional<TraceId> trace, WallTime at) {
  report::ResultRecord attempt;
  attempt.line = trace ? trace->line : 0;
  attempt.status = Status::failed;
  attempt.http = outcome.http;
  attempt.code = outcome.code;
  attempt.msg = outcome.msg;
  attempt.error = outcome.error;
  attempt.trace_id = trace;
  attempt.at = at;
  measured_->failures.add(attempt);
}

/// An attempt that must not be made twice: the report knows of it before it is made.
void Worker::note(flow::SlotId slot, TimePoint now) {
  const auto next_attempt = static_cast<std::uint8_t>(scheduler_.attempt(slot) + 1);
  begin_batch(now);
  report::append_line(
      batch_.lines,
      report::AttemptNote{{shared_.trace_prefix, scheduler_.operation(slot).line(), next_attempt}, WallClock::now()});
  recorded_batch_ = batch_.number;
  scheduler_.noted(slot, batch_.number);
  consider_sync();
}

void Worker::begin_batch(TimePoint now) {
  if (!batch_.lines.empty()) return;
  batch_.first = now;
  wake_at(now + batch_age);
}

void Worker::hand_over(bool urgent) {
  if (batch_.lines.empty() && !urgent) return;
  const std::uint64_t number = batch_.number;
  shared_.writer.submit(batch_, urgent);
  batch_.worker = index_;
  batch_.number = number + 1;
}

/// Asks for durability at once when operations could go on with it, but only for one group at a time: what is recorded
/// while that is synced goes into the next, so that a fast disk and a slow one both find their own rhythm.
void Worker::consider_sync() {
  if (urged_batch_ > durable_batch_ || recorded_batch_ <= durable_batch_ || !scheduler_.wants_sync()) return;
  urged_batch_ = recorded_batch_;
  hand_over(true);
}

void Worker::notify_durable(std::uint64_t number) {
  net::asio::post(context_, [this, number] {
    durable_batch_ = std::max(durable_batch_, number);
    scheduler_.durable(number);
    consider_sync();
    wake_one();
  });
}

void Worker::notify_pace() {
  net::asio::post(context_, [this] { wake_one(); });
}

void Worker::post(std::function<void()> task) {
  net::asio::post(context_, std::move(task));
}

void Worker::stop() {
  net::asio::post(context_, [this] {
    scheduler_.stop();
    inbox_.refuse();
    wake_one();
  });
}

void Worker::abandon() {
  net::asio::post(context_, [this] {
    scheduler_.stop();
    inbox_.refuse();
    for (const auto& line : lines_) line->connection.close();
    wake_one();
  });
}

/// True if that brought anything, be it the end.
bool Worker::pull_input() {
  bool any = false;
  while (inbox_.has_news() && scheduler_.wants_input()) {
    Inbox::Delivery delivery;
    bool closed = false;
    if (!inbox_.pop(delivery, closed)) {
      if (closed) scheduler_.close_input();
      return any || closed;
    }
    any = true;
    for (std::size_t i = 0; i < delivery.count; ++i) {
      scheduler_.admit(delivery.batch[i].operation, delivery.batch[i].attempted);
    }
    inbox_.recycle(std::move(delivery.batch));
  }
  return any;
}

net::Awaitable<void> Worker::park() {
  return net::asio::async_initiate<const net::UseAwaitable, void()>(
      [this](ParkedLine&& line) { parked_.push_back(std::move(line)); }, net::UseAwaitable{});
}

/// Wakes one idle line, if there is one; if it finds something to do, it wakes the next.
void Worker::wake_one() {
  if (parked_.empty()) return;
  auto line = std::move(parked_.back());
  parked_.pop_back();
  net::asio::post(context_, std::move(line));
}

void Worker::wake_at(TimePoint time) {
  wake_at_ = std::min(wake_at_, time);
  arm_timer();
}

void Worker::arm_timer() {
  const TimePoint due = std::min(wake_at_, deadlines_.next());
  if (due >= timer_at_) return;
  timer_at_ = due;
  timer_.expires_at(due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void Worker::on_timer() {
  const TimePoint now = Steady::now();
  timer_at_ = TimePoint::max();
  deadlines_.expire(now);
  if (wake_at_ <= now) {
    wake_at_ = TimePoint::max();
    if (!batch_.lines.empty() && now - batch_.first >= batch_age) hand_over(false);
    wake_one();
  }
  if (lines_running_ != 0) arm_timer();
}

void Worker::pace_changed() {
  for (const flow::PaceEvent& event : shared_.pace.take_events()) {
    const bool unanswered = event.kind == flow::PaceEvent::Kind::down && event.http == 0;
    spdlog::log(event.minor ? spdlog::level::debug : spdlog::level::warn, "{}{}", flow::describe(event),
                unanswered ? ": " + last_failure_ : "");
  }
  shared_.pace_changed();
}

void Worker::consider_first(Status status, const flow::Outcome& outcome) {
  const auto answer = shared_.first_results.add(status, outcome);
  if (!answer) return;
  abort({ErrorKind::limit,
         fmt::format("the first {} operations were all rejected with the same answer ({}), so the rest "
                     "probably would be too{}",
                     flow::UniformRejection::sample, *answer,
                     advice(shared_.settings, fmt::format("; if they are to be tried all the same, run "
                                                          "'{} --max-errors 100%'",
                                                          report::resume_command(shared_.settings.report.native()))))});
}

void Worker::check_outage(TimePoint now) {
  if (!shared_.pace.outage_exceeded(now)) return;
  abort(fatal_error(fmt::format(
      "{} has failed every request for {:g} s (--max-outage): {}{}", shared_.settings.endpoint.url(),
      seconds(shared_.settings.pace.max_outage), last_failure_.empty() ? "no answer" : last_failure_,
      advice(shared_.settings,
             fmt::format("; run '{}' when it is back", report::resume_command(shared_.settings.report.native()))))));
}

}  // namespace koobatch::engine
