#include "pace/client.hpp"

#include "pace/outcomes.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace koobatch::pace_bench {
namespace {

/// As in engine::ResultBatches with a typical disk.
constexpr Duration batch_age = std::chrono::milliseconds(20);
constexpr Duration sync_time = std::chrono::milliseconds(2);
/// The minimum time between two checks by a connection that is told to check again immediately.
constexpr Duration least_wait = std::chrono::microseconds(1);

flow::SchedulerSettings scheduler_settings(const Job& job) {
  flow::SchedulerSettings settings;
  settings.low_water = std::size_t{job.connections} * 4;
  settings.notes_ahead = job.connections;
  return settings;
}

flow::PaceSettings pace_settings(const Job& job) {
  flow::PaceSettings settings;
  settings.rate = job.rate;
  settings.max_outage = std::chrono::hours(24);
  return settings;
}

void set_number(std::string& text, char prefix, std::uint64_t number) {
  text.resize(24);
  text[0] = prefix;
  text.resize(
      static_cast<std::size_t>(std::to_chars(text.data() + 1, text.data() + text.size(), number).ptr - text.data()));
}

}  // namespace

Client::Client(const Door& door, const Job& job, std::uint64_t seed)
    : door_(door),
      job_(job),
      pace_(pace_settings(job), origin + from_seconds(job.start)),
      scheduler_(scheduler_settings(job), pace_, stopped_, seed),
      connections_(job.connections),
      sent_(job.operations) {
  door_.timeline.at(origin + from_seconds(job.start), *this, begin);
  if (job.pause_to > 0) {
    door_.timeline.at(origin + from_seconds(job.pause_from), *this, pause);
    door_.timeline.at(origin + from_seconds(job.pause_to), *this, resume);
  }
}

void Client::happen(TimePoint now, std::uint32_t what) {
  switch (what) {
    case begin:
      feed();
      for (std::uint32_t i = 0; i < connections_.size(); ++i) ready_.push_back(i);
      break;
    case pause:
      pace_.hold(now, flow::Pace::Hold::user);
      wake_one();
      break;
    case resume:
      pace_.release(now, flow::Pace::Hold::user);
      wake_one();
      break;
    case timer:
      if (wake_at_ != now) return;
      wake_at_.reset();
      wake_one();
      break;
    case hand_over:
      if (!std::exchange(recorded_, false)) return;
      syncing_.push_back(ticket_++);
      door_.timeline.at(now + sync_time, *this, durable);
      return;
    case durable:
      scheduler_.durable(syncing_.front());
      syncing_.pop_front();
      wake_one();
      break;
    default:
      const std::uint32_t number = (what - of_connections) / 2;
      if ((what - of_connections) % 2 == 1) {
        opened(number, now);
      } else {
        answered(number, now);
      }
      ready_.push_back(number);
      break;
  }
  run_ready(now);
}

/// As in Worker::pull_input(), with a feeder that is never late.
bool Client::feed() {
  bool any = false;
  while (admitted_ < job_.operations && scheduler_.wants_input()) {
    admit_next();
    any = true;
  }
  if (admitted_ == job_.operations && !scheduler_.input_closed()) {
    scheduler_.close_input();
    any = true;
  }
  return any;
}

void Client::admit_next() {
  static const koodrive::OperationRow* const row = koodrive::service_catalogue().find("rename_shared_folder");
  set_number(key_, 'f', admitted_);
  set_number(user_, 'u', admitted_ % job_.users);
  koodrive::Fields fields;
  fields.row = row;
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = key_;
  fields.values[1].text = "name";
  koodrive::OperationBuilder::build(fields, static_cast<std::uint32_t>(++admitted_), user_, "", operation_);
  scheduler_.admit(operation_);
}

void Client::run_ready(TimePoint now) {
  while (!ready_.empty()) {
    const std::uint32_t number = ready_.front();
    ready_.pop_front();
    serve(number, now);
  }
}

void Client::serve(std::uint32_t number, TimePoint now) {
  Connection& connection = connections_[number];
  for (;;) {
    if (std::exchange(connection.distrusted, false)) connection.seat.connected = false;
    const flow::Action action = scheduler_.next(connection.seat, now);
    switch (action.kind) {
      case flow::Action::Kind::send:
        if (scheduler_.has_ready(now)) wake_one();
        send(number, action.slot, now);
        return;
      case flow::Action::Kind::note:
        scheduler_.noted(action.slot, ticket_);
        break;
      case flow::Action::Kind::connect:
        if (!connection.seat.probing && scheduler_.has_ready(now)) wake_one();
        open(number, now);
        return;
      case flow::Action::Kind::give_up:
        record(action.slot, action.status, now);
        feed();
        break;
      case flow::Action::Kind::wait:
        if (feed()) break;
        wake_at(action.until, now);
        consider_sync(now);
        parked_.push_back(number);
        return;
      case flow::Action::Kind::done:
        wake_one();
        return;
    }
  }
}

void Client::send(std::uint32_t number, flow::SlotId slot, TimePoint now) {
  Connection& connection = connections_[number];
  const std::uint32_t index = scheduler_.operation(slot).line() - 1;
  if (!sent_[index]) {
    sent_[index] = true;
    progress_.last_fresh = since_origin(now);
  }
  const std::uint32_t user = index % job_.users;
  connection.reply = door_.service.request(now, user);
  connection.slot = slot;
  connection.sent_at = now;
  door_.trace.count(now, connection.reply);
  const Duration after = connection.reply.what == Reply::What::silence ? answer_timeout : connection.reply.after;
  door_.timeline.at(now + after, *this, of(number, false));
}

void Client::answered(std::uint32_t number, TimePoint now) {
  Connection& connection = connections_[number];
  make_outcome(connection.reply, door_.declared, outcome_);
  if (outcome_.http == 0) connection.seat.connected = false;
  const auto status =
      scheduler_.complete(connection.seat, connection.slot, outcome_, {now, {}, now - connection.sent_at});
  const auto advice = health_.observe(outcome_, now, connection.failures, pace_.interrupted());
  if (advice.leave_all) {
    for (Connection& other : connections_) other.distrusted = true;
  }
  connection.distrusted |= advice.leave_this;
  if (status) {
    record(connection.slot, *status, now);
    feed();
  }
  if (scheduler_.take_pace_changed()) wake_one();
}

void Client::open(std::uint32_t number, TimePoint now) {
  const auto takes = door_.service.connect(now);
  // There is no request on this connection yet, so the reply tells whether it was opened.
  connections_[number].reply.what = takes ? Reply::What::accepted : Reply::What::reset;
  door_.timeline.at(now + takes.value_or(std::chrono::microseconds(200)), *this, of(number, true));
}

void Client::opened(std::uint32_t number, TimePoint now) {
  Connection& connection = connections_[number];
  connection.failures = 0;
  connection.distrusted = false;
  if (connection.reply.what == Reply::What::accepted) {
    connection.seat.connected = true;
    return;
  }
  door_.trace.count(now, {.what = Reply::What::reset, .http = 0});
  make_unopened(outcome_);
  connection.seat.connected = false;
  if (const auto final = scheduler_.connect_failed(connection.seat, outcome_, {now, {}, {}})) {
    record(final->slot, final->status, now);
  }
  if (scheduler_.take_pace_changed()) wake_one();
}

void Client::record(flow::SlotId slot, Status status, TimePoint now) {
  if (status != Status::succeeded) ++progress_.lost;
  if (++final_ == job_.operations) progress_.finished = since_origin(now);
  scheduler_.recorded(slot, ticket_);
  if (!std::exchange(recorded_, true)) door_.timeline.at(now + batch_age, *this, hand_over);
}

void Client::consider_sync(TimePoint now) {
  if (recorded_ && scheduler_.wants_sync()) door_.timeline.at(now, *this, hand_over);
}

void Client::wake_one() {
  if (parked_.empty()) return;
  ready_.push_back(parked_.back());
  parked_.pop_back();
}

void Client::wake_at(TimePoint time, TimePoint now) {
  if (time == TimePoint::max() || (wake_at_ && *wake_at_ <= time)) return;
  wake_at_ = std::max(time, now + least_wait);
  door_.timeline.at(*wake_at_, *this, timer);
}

}  // namespace koobatch::pace_bench
