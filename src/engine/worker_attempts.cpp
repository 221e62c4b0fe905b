#include "engine/worker.hpp"

#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

// What a worker's attempts carry, and what follows from how they ended.

namespace koobatch::engine {
namespace {

using koodrive::Verdict;
using Unread = flow::Scheduler::Unread;

/// The largest body of an answer to a request that reads: a thousand items have about one MiB.
constexpr std::size_t most_read_bytes = std::size_t{8} << 20U;
/// Each line keeps no more memory than this for its next answer.
constexpr std::size_t most_kept_bytes = std::size_t{256} << 10U;

const koodrive::Outcome& overdue() {
  static const koodrive::Outcome outcome = [] {
    koodrive::Outcome out;
    out.error = fmt::format("could not be sent within {} after it was read", spell(SettingName::deadline));
    return out;
  }();
  return outcome;
}

}  // namespace

void Worker::prepare(Line& line, flow::SlotId slot, TimePoint now) {
  const koodrive::Operation& operation = scheduler_.operation(slot);
  const std::uint8_t attempt = scheduler_.attempt(slot);
  judge_.equip(operation.user(), now, WallClock::now(), attempt > 1 ? &scheduler_.clock_repeats(slot) : nullptr,
               line.sent);
  line.sent.stale = attempt == 1 && operation.is_repeatable() && shared_.stale_attempt.take(operation.line());
  if (line.sent.stale) line.sent.dated.x_date -= shared_.stale_attempt.age();
  const std::string_view signature = render(line, slot, {shared_.trace_prefix, operation.line(), attempt});
  if (!signature.empty()) line.sent.credentials.secret = signature;
  line.exchange.dated = line.sent.dated.x_date;
  results_.statistics().sent(scheduler_.is_repeat(slot));
  results_.statistics().set_in_flight(scheduler_.in_flight());
}

std::string_view Worker::render(Line& line, flow::SlotId slot, const TraceId& trace_id) {
  const koodrive::Operation& operation = scheduler_.operation(slot);
  net::Exchange& exchange = line.exchange;
  if (exchange.answer.body.capacity() > most_kept_bytes) exchange.answer.body = {};
  if (!scheduler_.reads(slot)) {
    exchange.answer.most_body = http::max_body_bytes;
    return renderer_.render(operation, *line.sent.credentials.header, line.sent.dated.x_date, trace_id,
                            exchange.request, shared_.quota_question.take());
  }
  exchange.answer.most_body = most_read_bytes;
  return renderer_.render_reading(operation, dialogues_.about(slot, operation).target(), *line.sent.credentials.header,
                                  line.sent.dated.x_date, trace_id, exchange.request);
}

/// Nothing was sent. Until whoever keeps the gate releases the pace, nothing would be: asking on and on is no use.
void Worker::withhold(Line& line, flow::SlotId slot) {
  const TimePoint now = line.exchange.ended_at;
  shared_.pace.hold(now, flow::Pace::Hold::fleet);
  if (line.sent.stale) shared_.stale_attempt.observe(scheduler_.operation(slot).line(), true, Verdict::refused);
  results_.statistics().withheld(scheduler_.is_repeat(slot));
  scheduler_.withhold(line.seat, slot, now);
}

void Worker::conclude(Line& line, flow::SlotId slot) {
  using Action = AttemptJudge::Action;
  if (line.exchange.withheld) [[unlikely]] {
    withhold(line, slot);
    return;
  }
  const TimePoint now = line.exchange.ended_at;
  const flow::AttemptTiming timing{now, WallClock::now(), now - line.exchange.sent_at};
  if (line.exchange.refused) {
    results_.statistics().turned_down(timing.latency);
    shared_.events.stop(Unreachable{line.exchange.answer.error});
    scheduler_.abandon(line.seat, slot, now);
    return;
  }
  auto judgement = judge_.judge(line.exchange.answer,
                                {scheduler_.operation(slot), scheduler_.mended(slot), scheduler_.clock_repeats(slot),
                                 now, timing.at, scheduler_.reads(slot)},
                                line.sent, line.outcome);
  if (shared_.stale_attempt.concerns(scheduler_.operation(slot).line())) {
    shared_.stale_attempt.observe(scheduler_.operation(slot).line(), line.sent.stale, judgement.answered);
  }
  if (judgement.close) line.session.retire();
  results_.statistics().ended(judgement.answered, line.outcome.http, timing.latency);
  if (line.outcome.verdict != Verdict::succeeded)
    results_.statistics().failed(line.outcome, results_.trace_of(slot), timing.at);
  if (!line.outcome.quotas.empty()) shared_.operation_log.quotas_declared(results_.trace_of(slot), line.outcome.quotas);
  if (judgement.answered == Verdict::suspicious) warn_of_certificate(line);
  switch (judgement.action) {
    case Action::complete:
      complete(line, slot, timing);
      return;
    case Action::leave_out:
      leave_out(line, slot, judgement, timing);
      return;
    case Action::abandon:
      // No other thread may send anything until it knows.
      shared_.pace.hold(Steady::now());
      shared_.events.stop(std::move(*judgement.reason), results_.trace_of(slot));
      scheduler_.abandon(line.seat, slot, Steady::now());
      return;
  }
}

void Worker::complete(Line& line, flow::SlotId slot, const flow::AttemptTiming& timing) {
  const koodrive::Outcome& outcome = line.outcome;
  line.seat.connected = line.session.is_open();
  const auto status = scheduler_.complete(line.seat, slot, outcome, timing);
  const auto advice = health_.observe(outcome, timing.now, line.connection.failures, shared_.pace.interrupted());
  if (advice.leave_all) leave_node();
  if (advice.leave_this) line.session.discredit();
  if (status) {
    finish(line, slot, *status, timing);
  } else {
    retry(slot, outcome, timing.now);
  }
  if (scheduler_.take_pace_changed()) pace_changed();
}

/// A request has settled its operation, unless that takes further ones.
void Worker::finish(Line& line, flow::SlotId slot, Status status, const flow::AttemptTiming& timing) {
  const bool goes_on = dialogues_.any() && (scheduler_.reads(slot) ? consider_reading(line, slot, status, timing)
                                                                   : read_back(line, slot, status, line.outcome));
  if (goes_on) return;
  if (status == Status::unknown && scheduler_.settled(slot)) {
    // What was refused is not the operation, but a request that reads it back.
    results_.record(slot, status, line.outcome, timing);
  } else {
    results_.finalise(slot, status, line.outcome, timing);
  }
  pull_input();
}

/// Whether the operation continues after a request that reads. If not, `status` is the operation's.
bool Worker::consider_reading(Line& line, flow::SlotId slot, Status& status, const flow::AttemptTiming& timing) {
  const auto verdict = line.outcome.verdict;
  const bool is_refused =
      verdict == Verdict::rejected || verdict == Verdict::unauthorized || verdict == Verdict::suspicious;
  if (verdict != Verdict::succeeded && !is_refused) {
    return send_unread(line, slot, Unread::failed, line.outcome, timing);
  }
  auto& dialogue = dialogues_.about(slot, scheduler_.operation(slot));
  auto turn = dialogue.read(line.exchange.answer, line.outcome, scheduler_.maybe_applied(slot));
  switch (turn.kind) {
    case koodrive::Turn::Kind::read:
      if (!turn.note.empty()) results_.note_reading(slot, turn.note, timing);
      scheduler_.read_on(line.seat, slot, timing.now);
      return true;
    case koodrive::Turn::Kind::write:
      send(line, slot, turn.note, timing);
      return true;
    case koodrive::Turn::Kind::end:
      break;
  }
  status = turn.status;
  dialogues_.end(slot, scheduler_.operation(slot), std::move(turn));
  return false;
}

/// Sends an operation that was read. `note`: what of that must be durable before.
void Worker::send(Line& line, flow::SlotId slot, std::string_view note, const flow::AttemptTiming& timing) {
  if (note.empty()) {
    scheduler_.send(line.seat, slot, timing.now);
    return;
  }
  scheduler_.send_once_durable(line.seat, slot, results_.note_reading(slot, note, timing), timing.now);
  results_.consider_sync();
}

/// Whether an operation is sent although it was given up, for its reading or while it waited after that.
bool Worker::send_unread(Line& line, flow::SlotId slot, Unread why, const koodrive::Outcome& last,
                         const flow::AttemptTiming& timing) {
  if (!dialogues_.any() || !scheduler_.may_send_unread(slot, timing.now)) return false;
  const auto note = dialogues_.about(slot, scheduler_.operation(slot)).unread(last);
  if (!note) return false;
  scheduler_.send_unread(slot, why, timing.now);
  send(line, slot, *note, timing);
  return true;
}

/// Whether an operation continues after its sending has ended with `status` and `outcome`.
bool Worker::read_back(Line& line, flow::SlotId slot, Status status, const koodrive::Outcome& outcome) {
  // What was sent has its result, even if that will no longer be checked.
  if (scheduler_.stopping()) return false;
  if (!dialogues_.about(slot, scheduler_.operation(slot)).sent(status)) return false;
  dialogues_.sent(slot, outcome);
  scheduler_.read_back(line.seat, slot, status, Steady::now());
  return true;
}

void Worker::give_up(Line& line, const flow::Action& action, TimePoint now) {
  const flow::SlotId slot = action.slot;
  const auto* last = scheduler_.last_outcome(slot);
  const flow::AttemptTiming timing =
      last != nullptr ? scheduler_.last_timing(slot, now) : flow::AttemptTiming{now, WallClock::now(), {}};
  if (action.status == Status::skipped) {
    dialogues_.end(slot, scheduler_.operation(slot),
                   koodrive::Turn::skip("dependency", "an operation before it, on which it depends, did not succeed"));
  }
  if (last != nullptr && last->verdict != Verdict::succeeded) {
    give_up(line, slot, action.status, Unread::failed, *last, timing);
  } else {
    give_up(line, slot, action.status, Unread::overdue, overdue(), timing);
  }
  pull_input();
}

/// Nothing more can come of an operation, unless it is sent without being read, or was sent: what may have been applied
/// is read back.
void Worker::give_up(Line& line, flow::SlotId slot, Status status, Unread why, const koodrive::Outcome& outcome,
                     const flow::AttemptTiming& timing) {
  if (status != Status::skipped && send_unread(line, slot, why, outcome, timing)) return;
  const bool is_in_doubt = dialogues_.any() && status == Status::unknown && !scheduler_.settled(slot);
  if (is_in_doubt && read_back(line, slot, status, outcome)) return;
  results_.record(slot, status, outcome, timing);
}

/// An attempt has not settled its operation, which will be sent again.
void Worker::retry(flow::SlotId slot, const koodrive::Outcome& outcome, TimePoint now) {
  // It is given up now. Not measuring it would make a service that hangs look good.
  if (scheduler_.stopping()) results_.statistics().given_up(now - scheduler_.due(slot));
  shared_.operation_log.unsettled(results_.trace_of(slot), outcome, scheduler_.stopping());
}

void Worker::leave_out(Line& line, flow::SlotId slot, AttemptJudge::Judgement& judgement,
                       const flow::AttemptTiming& timing) {
  if (judgement.stopped_users != 0) {
    const std::string_view user = scheduler_.operation(slot).user();
    shared_.operation_log.user_refused(results_.trace_of(slot), user, credentials_->place_of(user),
                                       shared_.settings.endpoint.url(), line.outcome, judgement.stopped_users);
    if (judgement.reason) {
      shared_.events.stop(std::move(*judgement.reason));
      // The slots might start further operations before the thread that ends the run is notified.
      scheduler_.stop();
    }
    // Other workers may hold waiting operations of this user.
    shared_.events.pace_changed();
  }
  if (const auto settled = scheduler_.settled(slot)) {
    scheduler_.complete(line.seat, slot, line.outcome, timing);
    results_.record(slot, *settled, line.outcome, timing);
  } else {
    scheduler_.leave_out(line.seat, slot, line.outcome, Steady::now());
  }
  if (scheduler_.take_pace_changed()) pace_changed();
}

void Worker::warn_of_certificate(const Line& line) {
  if (!line.session.lacks_certificate() || std::exchange(told_.of_certificate, true)) return;
  spdlog::warn("{} asked for a client certificate and got none ({}, {}): that may be why it answers HTTP {}",
               shared_.settings.endpoint.url(), spell(SettingName::cert), spell(SettingName::key), line.outcome.http);
}

}  // namespace koobatch::engine
