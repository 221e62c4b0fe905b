#include "engine/worker.hpp"

#include "koobatch/core/spelling.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace koobatch::engine {
namespace {

using koodrive::Verdict;

/// With fewer operations ready for each exchange that can be in flight, those that wait for durability ask for a sync.
constexpr std::size_t ready_per_seat = 4;

flow::SchedulerSettings share_of(const RunSettings& settings, unsigned connections) {
  flow::SchedulerSettings share = settings.scheduler;
  share.look_ahead = std::max<std::size_t>(share.look_ahead / settings.threads, 4 * Inbox::batch_size);
  share.look_ahead_bytes /= settings.threads;
  share.low_water = std::size_t{connections} * ready_per_seat;
  share.notes_ahead = connections;
  share.most_blocked_keys /= settings.threads;
  return share;
}

LineCounts lines_of(const RunSettings& settings, unsigned index, unsigned connections) {
  const unsigned share =
      settings.http2_connections / settings.threads + (index < settings.http2_connections % settings.threads);
  return {
      .connections = connections, .http2_connections = std::clamp(share, 1U, connections), .streams = settings.streams};
}

}  // namespace

Worker::Worker(unsigned index, unsigned connections, std::uint64_t seed, const SharedParts& shared,
               std::unique_ptr<CredentialPolicy> credentials)
    : shared_(shared),
      wire_(shared.settings, shared.tls),
      renderer_(shared.settings.endpoint, shared.settings.app_key.get()),
      scheduler_(share_of(shared.settings, connections), shared.pace, shared.stopped_users, seed),
      credentials_(std::move(credentials)),
      judge_(*credentials_, shared.clock),
      dialogues_(shared.settings.dialogues.get()),
      idle_(wire_.context(), wire_.deadlines(), *this),
      results_(index, shared, scheduler_, dialogues_, idle_),
      lines_(wire_.context(), wire_.dialer(), idle_, lines_of(shared.settings, index, connections)) {}

Worker::~Worker() {
  wire_.join();
}

void Worker::start() {
  wire_.start([this] { run(); });
}

void Worker::run() {
  lines_.start([this](Line& line) { start_line(line); });
  wire_.run();
  withdrawal_.thread_ended();
  shared_.events.worker_ended();
}

void Worker::start_line(Line& line) {
  ++running_;
  net::asio::co_spawn(wire_.context(), serve(line), [this](const std::exception_ptr& exception) {
    if (exception) {
      try {
        std::rethrow_exception(exception);
      } catch (const std::exception& error) {
        shared_.events.stop(InternalError{"a connection", error.what()});
      }
    }
    line_ended();
  });
}

void Worker::line_ended() {
  if (--running_ != 0) {
    lines_.readmit();
    idle_.wake_one();
    return;
  }
  lines_.close();
  results_.hand_over();
  inbox_.refuse();
  // A run that stops leaves the rest to the next segment, including held refusals.
  if (!scheduler_.stopping()) results_.set_at_rest(flow::RefusalStreak::Activity::ended);
  wire_.finish();
}

void Worker::input_arrived() {
  results_.set_busy();
  net::asio::post(wire_.context(), [this] {
    pull_input();
    idle_.wake_one();
  });
}

void Worker::woken_by_time(TimePoint now) {
  results_.follow_time(now);
}

net::Awaitable<void> Worker::serve(Line& line) {
  for (;;) {
    const TimePoint now = Steady::now();
    if (shared_.writer.saturated() && !scheduler_.stopping()) {
      // A slow disk must not fill the memory: nothing more is sent until the writer is relieved.
      idle_.wake_at(now + ResultBatches::most_age);
      co_await idle_.park();
      continue;
    }
    results_.record_released(now);
    const auto readiness = line.session.check(now);
    if (readiness == net::Session::Readiness::busy && !scheduler_.stopping()) [[unlikely]] {
      scheduler_.put_off(line.seat, now);
      idle_.wake_one();
      co_await lines_.wait_for_room(line.connection);
      continue;
    }
    line.seat.connected = readiness == net::Session::Readiness::ready;
    const flow::Action action = scheduler_.next(line.seat, now);
    check_overwhelmed();
    switch (action.kind) {
      case flow::Action::Kind::send:
        if (scheduler_.has_ready(now)) idle_.wake_one();
        prepare(line, action.slot, now);
        co_await line.session.exchange(line.exchange);
        conclude(line, action.slot);
        lines_.exchange_ended(line.connection);
        results_.statistics().set_in_flight(scheduler_.in_flight());
        break;
      case flow::Action::Kind::note:
        results_.note(action.slot, now);
        break;
      case flow::Action::Kind::connect:
        if (lines_.is_spare(line.connection)) {
          scheduler_.put_off(line.seat, now);
          idle_.wake_one();
          co_await lines_.spare();
          break;
        }
        if (!line.seat.probing && scheduler_.has_ready(now)) idle_.wake_one();
        co_await open(line);
        break;
      case flow::Action::Kind::give_up:
        give_up(line, action, now);
        break;
      case flow::Action::Kind::wait:
        // Operations that were left out have made room.
        if (pull_input()) break;
        check_outage(now);
        consider_rest(now);
        results_.statistics().set_left_out(left_out().of_stopped + left_out().of_others);
        idle_.wake_at(action.until);
        results_.consider_sync();
        co_await idle_.park();
        break;
      case flow::Action::Kind::done:
        co_return;
    }
  }
}

net::Awaitable<void> Worker::open(Line& line) {
  line.exchange.answer.clear();
  const auto result = co_await line.session.open(line.exchange.answer.error);
  lines_.open_ended(line.connection, result);
  if (result == net::Session::Opened::yes) {
    opened(line.connection);
    co_return;
  }
  if (result == net::Session::Opened::no_room) {
    co_await do_without(line);
    co_return;
  }
  if (result == net::Session::Opened::never) shared_.events.stop(Unreachable{line.exchange.answer.error});
  const flow::AttemptTiming timing{Steady::now(), WallClock::now(), {}};
  judge_.judge_unopened(line.exchange.answer, timing.at, line.outcome);
  line.seat.connected = false;
  results_.statistics().failed(line.outcome, {}, timing.at);
  if (const auto final = scheduler_.connect_failed(line.seat, line.outcome, timing)) {
    give_up(line, final->slot, final->status, flow::Scheduler::Unread::failed, line.outcome, timing);
  }
  if (scheduler_.take_pace_changed()) pace_changed();
  check_outage(timing.now);
}

void Worker::opened(Connection& connection) {
  idle_.wake_one();
  results_.statistics().agreed_on(connection.session->is_http2() ? observe::HttpVersion::http2
                                                                 : observe::HttpVersion::http1);
  const std::size_t seats = lines_.in_use();
  scheduler_.expect_seats(seats * ready_per_seat, seats);
  if (!connection.session->is_http2() && wire_.dialer().http1_only && !std::exchange(told_.of_http1, true)) {
    spdlog::info("{} offered HTTP/2, but speaks HTTP/1.1: continuing with that", shared_.settings.endpoint.url());
  }
}

/// This machine lacks resources for one more connection: the open ones do its work.
net::Awaitable<void> Worker::do_without(Line& line) {
  if (!std::exchange(told_.of_shortage, true)) {
    spdlog::warn("{}; continuing with {} connections. Lower {}, or raise the limit (ulimit -n)",
                 line.exchange.answer.error, wire_.dialer().open, spell(SettingName::connections));
  }
  scheduler_.put_off(line.seat, Steady::now());
  idle_.wake_one();
  co_await line.session.wait_for_room();
}

/// Pooled connections may lead to a node that stays down, while the name leads elsewhere by now: every idle line checks
/// its own and closes it.
void Worker::leave_node() {
  wire_.dialer().distrust();
  idle_.wake_all();
}

/// Stops the run when so many users are stopped that the operations held back because of them can no longer be tracked.
void Worker::check_overwhelmed() {
  if (!scheduler_.overwhelmed()) return;
  shared_.events.stop(TooManyUsersRefused{shared_.stopped_users.size(),
                                          shared_.settings.scheduler.most_blocked_keys / shared_.settings.threads,
                                          shared_.settings.credentials.tokens_file.string()});
}

/// If nothing is left to do in the whole run except behind held refusals, waiting cannot settle one of those any
/// further.
void Worker::consider_rest(TimePoint now) {
  using Activity = flow::RefusalStreak::Activity;
  if (scheduler_.stopping() || scheduler_.in_flight() != 0 || !scheduler_.at_rest(now)) return;
  const Activity activity = scheduler_.input_closed()                         ? Activity::ended
                            : inbox_.is_paused() || !scheduler_.wants_input() ? Activity::full
                                                                              : Activity::starved;
  results_.set_at_rest(activity);
}

void Worker::notify_durable(std::uint64_t number) {
  net::asio::post(wire_.context(), [this, number] {
    results_.durable(number);
    idle_.wake_one();
  });
}

void Worker::notify_pace() {
  net::asio::post(wire_.context(), [this] {
    if (health_.notice_outages(shared_.pace.counts().outages)) leave_node();
    idle_.wake_one();
  });
}

void Worker::stop() {
  net::asio::post(wire_.context(), [this] {
    scheduler_.stop();
    inbox_.refuse();
    lines_.readmit();
    idle_.wake_one();
  });
}

void Worker::abandon() {
  net::asio::post(wire_.context(), [this] {
    scheduler_.stop();
    inbox_.refuse();
    lines_.close();
    lines_.readmit();
    idle_.wake_one();
  });
}

/// The handler runs between two steps of the coroutines, so none of them is between asking the gate and sending.
void Worker::withdraw() {
  net::asio::post(wire_.context(), [this, number = withdrawal_.ask()] {
    lines_.withdraw();
    withdrawal_.carried_out(number);
  });
}

/// Returns whether anything arrived, including the end.
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
      scheduler_.admit(delivery.batch[i].operation, delivery.batch[i].attempted,
                       dialogues_.reads_first(delivery.batch[i].operation));
    }
    inbox_.recycle(std::move(delivery.batch));
  }
  return any;
}

void Worker::pace_changed() {
  for (const flow::PaceEvent& event : shared_.pace.take_events()) {
    spdlog::log(event.minor ? spdlog::level::debug : spdlog::level::warn, "{}", flow::describe(event));
  }
  shared_.events.pace_changed();
}

void Worker::check_outage(TimePoint now) {
  if (shared_.pace.outage_exceeded(now)) shared_.events.stop(OutageTooLong{shared_.pace.last_failure()});
}

}  // namespace koobatch::engine
