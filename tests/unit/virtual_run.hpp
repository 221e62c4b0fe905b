#pragma once
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/scheduler.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::flow::test {

/// An arbitrary time; not the clock's origin, so that earlier times exist.
constexpr TimePoint start{std::chrono::hours(1)};

// The service's operations are all idempotent, so non-idempotent ones are made here.
inline const koodrive::OperationRow& unrepeatable_row() {
  static const koodrive::OperationRow row = [] {
    koodrive::OperationRow copy = *koodrive::service_catalogue().find("rename_shared_folder");
    copy.idempotent = false;
    return copy;
  }();
  return row;
}

/// The operation of line `line`: renames `folder`.
inline koodrive::Operation folder_rename(std::uint32_t line, std::string_view folder, bool idempotent = true,
                                         std::string_view name = "name", std::string_view user = "user",
                                         bool in_group = false) {
  koodrive::Fields fields;
  fields.row = idempotent ? koodrive::service_catalogue().find("rename_shared_folder") : &unrepeatable_row();
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = folder;
  fields.values[1].text = name;
  koodrive::Operation operation;
  if (in_group) {
    // The group is named by the key of its first operation, on the same folder.
    fields.group = folder_rename(line, folder, idempotent, name, user).key_hash();
  }
  koodrive::OperationBuilder::build(fields, line, user, "", operation);
  return operation;
}

inline koodrive::Outcome outcome(koodrive::Verdict verdict, int http, std::string error = {}) {
  koodrive::Outcome it;
  it.verdict = verdict;
  it.http = http;
  it.error = std::move(error);
  return it;
}

inline koodrive::Outcome succeeded() {
  return outcome(koodrive::Verdict::succeeded, 200);
}
inline koodrive::Outcome rejected() {
  return outcome(koodrive::Verdict::rejected, 400);
}
inline koodrive::Outcome lost() {
  return outcome(koodrive::Verdict::unclear, 0, "no answer");
}
inline koodrive::Outcome refused() {
  return outcome(koodrive::Verdict::not_applied, 0, "connection refused");
}
inline koodrive::Outcome stale() {
  return outcome(koodrive::Verdict::stale, 0, "closed before an answer came");
}
inline koodrive::Outcome mended() {
  return outcome(koodrive::Verdict::repeat, 401);
}
/// An outcome that concerns the user: a VirtualRun stops that user.
inline koodrive::Outcome unauthorized() {
  return outcome(koodrive::Verdict::unauthorized, 401);
}
inline koodrive::Outcome throttled(std::optional<Duration> retry_after = std::nullopt, bool user_only = false) {
  koodrive::Outcome it = outcome(koodrive::Verdict::throttled, 429);
  it.retry_after = retry_after;
  it.user_only = user_only;
  return it;
}

/// A whole run on a virtual clock: one scheduler and its seats, with a service and a disk that answer after a while.
/// The hooks decide what happens; the run only ensures that it happens in order of time.
class VirtualRun {
 public:
  struct Reply {
    koodrive::Outcome outcome;
    Duration latency{};
  };
  struct Hooks {
    std::function<Reply(const koodrive::Operation&, std::uint8_t attempt, bool fresh_connection)> service;
    std::function<Reply()> connect = [] { return Reply{succeeded(), std::chrono::milliseconds(1)}; };
    std::function<Duration()> sync = [] { return std::chrono::milliseconds(2); };
    // For observation only.
    std::function<void(std::uint32_t line, const koodrive::Outcome&)> on_completed = [](std::uint32_t,
                                                                                        const koodrive::Outcome&) {};
    std::function<void(std::uint32_t line, Status)> on_final = [](std::uint32_t, Status) {};
    std::function<void(std::uint32_t line)> on_durable = [](std::uint32_t) {};
    std::function<void(std::uint32_t line, std::uint8_t attempt)> on_noted = [](std::uint32_t, std::uint8_t) {};
    std::function<void(std::uint32_t line, std::uint8_t attempt)> on_note_durable = [](std::uint32_t, std::uint8_t) {};
    /// Called when a connection failed, with the operation that this finalised, if any.
    std::function<void(std::optional<std::uint32_t> final_line)> on_connect_failed = [](auto) {};
  };

  VirtualRun(const SchedulerSettings& settings, const PaceSettings& pace_settings, std::size_t seats, Hooks hooks)
      : pace(pace_settings, start), scheduler(settings, pace, stopped, 42), hooks_(std::move(hooks)), seats_(seats) {}

  void enqueue(koodrive::Operation operation) { job_.push_back(std::move(operation)); }

  /// Runs until everything is done or `time` is over. Returns whether everything is done.
  bool run(Duration time = std::chrono::hours(1000)) {
    const TimePoint end = now + time;
    while (!done()) {
      // Operations left out during a turn make room for more.
      do {
        feed();
        give_turns();
      } while (!job_.empty() && scheduler.wants_input() && !done());
      consider_sync();
      if (done()) return true;
      const TimePoint next = next_event();
      BOOST_REQUIRE_MESSAGE(next != TimePoint::max(), "nothing will ever happen again, but the run is not done");
      BOOST_REQUIRE_MESSAGE(next >= now, "a wait until a time that has passed is a busy loop");
      if (next >= end) {
        now = end;
        return false;
      }
      now = next;
      settle_events();
    }
    return true;
  }

  TimePoint now = start;
  Pace pace;
  StoppedUsers stopped;
  Scheduler scheduler;
  std::vector<TimePoint> sends;

 private:
  struct VirtualSeat {
    Seat seat;
    bool busy = false;
    bool fresh = false;
    bool ended = false;
    TimePoint wake_at = TimePoint::min();
  };

  bool done() const {
    return std::all_of(seats_.begin(), seats_.end(), [](const VirtualSeat& s) { return s.ended; });
  }

  void feed() {
    while (!job_.empty() && scheduler.wants_input()) {
      scheduler.admit(job_.front());
      job_.pop_front();
    }
    if (job_.empty()) scheduler.close_input();
  }

  void give_turns() {
    for (VirtualSeat& seat : seats_) {
      while (!seat.busy && !seat.ended && give_turn(seat)) {
      }
    }
  }

  /// Gives the seat a turn. Returns false if it waits.
  bool give_turn(VirtualSeat& seat) {
    const Action action = scheduler.next(seat.seat, now);
    switch (action.kind) {
      case Action::Kind::send:
        send(seat, action.slot);
        return true;
      case Action::Kind::note:
        note(action.slot);
        return true;
      case Action::Kind::connect:
        connect(seat);
        return true;
      case Action::Kind::give_up:
        record(action.slot, action.status);
        return true;
      case Action::Kind::wait:
        BOOST_REQUIRE_MESSAGE(action.until > now, "a wait until a time that has passed is a busy loop");
        seat.wake_at = action.until;
        return false;
      case Action::Kind::done:
        seat.ended = true;
        return false;
    }
    return false;
  }

  void send(VirtualSeat& seat, SlotId slot) {
    sends.push_back(now);
    Reply reply = hooks_.service(scheduler.operation(slot), scheduler.attempt(slot), std::exchange(seat.fresh, false));
    seat.busy = true;
    at(now + reply.latency, [this, &seat, slot, it = std::move(reply.outcome)] {
      seat.busy = false;
      if (it.http == 0) seat.seat.connected = false;
      const std::uint32_t line = scheduler.operation(slot).line();
      if (it.verdict == koodrive::Verdict::unauthorized) {
        stopped.stop(UserPace::hash(scheduler.operation(slot).user()));
        scheduler.leave_out(seat.seat, slot, it, now);
        hooks_.on_completed(line, it);
        return;
      }
      const auto status = scheduler.complete(seat.seat, slot, it, {now, {}, {}});
      hooks_.on_completed(line, it);
      if (status) record(slot, *status);
    });
  }

  void connect(VirtualSeat& seat) {
    Reply reply = hooks_.connect();
    seat.busy = true;
    at(now + reply.latency, [this, &seat, it = std::move(reply.outcome)] {
      seat.busy = false;
      if (it.verdict == koodrive::Verdict::succeeded) {
        seat.seat.connected = seat.fresh = true;
        return;
      }
      const auto final = scheduler.connect_failed(seat.seat, it, {now, {}, {}});
      hooks_.on_connect_failed(final ? std::optional(scheduler.operation(final->slot).line()) : std::nullopt);
      if (final) record(final->slot, final->status);
    });
  }

  void record(SlotId slot, Status status) {
    const std::uint32_t line = scheduler.operation(slot).line();
    hooks_.on_final(line, status);
    add_to_group([this, line] { hooks_.on_durable(line); });
    scheduler.recorded(slot, ticket_);
  }

  void note(SlotId slot) {
    const std::uint32_t line = scheduler.operation(slot).line();
    const auto attempt = static_cast<std::uint8_t>(scheduler.attempt(slot) + 1);
    hooks_.on_noted(line, attempt);
    add_to_group([this, line, attempt] { hooks_.on_note_durable(line, attempt); });
    scheduler.noted(slot, ticket_);
  }

  void add_to_group(std::function<void()> when_durable) {
    group_.push_back(std::move(when_durable));
    if (group_.size() == 1) sync_due_ = now + std::chrono::milliseconds(100);
  }

  void consider_sync() {
    if (syncing_ || group_.empty() || (!scheduler.wants_sync() && now < sync_due_)) return;
    syncing_ = true;
    at(now + hooks_.sync(), [this, group = std::exchange(group_, {}), ticket = ticket_++] {
      syncing_ = false;
      for (const auto& tell : group) tell();
      scheduler.durable(ticket);
    });
  }

  void at(TimePoint time, std::function<void()> act) { events_.emplace(time, std::move(act)); }

  TimePoint next_event() const {
    TimePoint next = events_.empty() ? TimePoint::max() : events_.begin()->first;
    if (!syncing_ && !group_.empty()) next = std::min(next, std::max(now, sync_due_));
    for (const VirtualSeat& seat : seats_) {
      if (!seat.busy && !seat.ended) next = std::min(next, seat.wake_at);
    }
    return next;
  }

  void settle_events() {
    while (!events_.empty() && events_.begin()->first <= now) events_.extract(events_.begin()).mapped()();
  }

  Hooks hooks_;
  std::deque<koodrive::Operation> job_;
  std::deque<VirtualSeat> seats_;
  std::multimap<TimePoint, std::function<void()>> events_;
  std::vector<std::function<void()>> group_;  ///< notifications for recorded lines that are not being synced yet
  TimePoint sync_due_;
  std::uint64_t ticket_ = 1;
  bool syncing_ = false;
};

/// By how much the fullest window of `times` exceeds what rate and burst allow; at most 0 if none does. Considers all
/// windows: with v(k) = k − rate × t(k), the window from i to j holds v(j) − v(i) + 1 more than rate × its length.
inline double excess_over(double rate, double burst, const std::vector<TimePoint>& times) {
  double lowest = 1e300;
  double worst = 0;
  for (std::size_t k = 0; k < times.size(); ++k) {
    const double v = static_cast<double>(k) - rate * seconds(times[k] - start);
    lowest = std::min(lowest, v);
    worst = std::max(worst, v - lowest + 1);
  }
  return worst - burst;
}

}  // namespace koobatch::flow::test
