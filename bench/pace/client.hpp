#pragma once
#include "engine/node_health.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/flow/stopped_users.hpp"
#include "pace/contestant.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::pace_bench {

/// The real Scheduler and Pace on virtual connections, driven as engine::Worker drives them.
class Client final : public Contestant {
 public:
  Client(const Door& door, const Job& job, std::uint64_t seed);

  void happen(TimePoint now, std::uint32_t what) override;
  const Progress& progress() const override { return progress_; }

 private:
  /// The subject of an event. The events of connections follow these, two per connection.
  enum Event : std::uint32_t { begin, pause, resume, timer, hand_over, durable, of_connections };

  struct Connection {
    flow::Seat seat;
    Reply reply;
    flow::SlotId slot = flow::no_slot;
    TimePoint sent_at;
    unsigned failures = 0;    ///< consecutive HTTP 5xx
    bool distrusted = false;  ///< must be closed before it is used again
  };

  std::uint32_t of(std::uint32_t connection, bool opened) const {
    return of_connections + 2 * connection + (opened ? 1 : 0);
  }

  bool feed();
  void admit_next();
  /// Continues with a connection until it waits for something.
  void serve(std::uint32_t number, TimePoint now);
  void run_ready(TimePoint now);
  void send(std::uint32_t number, flow::SlotId slot, TimePoint now);
  void open(std::uint32_t number, TimePoint now);
  void opened(std::uint32_t number, TimePoint now);
  void answered(std::uint32_t number, TimePoint now);
  void record(flow::SlotId slot, Status status, TimePoint now);
  void wake_one();
  void wake_at(TimePoint time, TimePoint now);
  void consider_sync(TimePoint now);

  Door door_;
  Job job_;
  flow::StoppedUsers stopped_;
  flow::Pace pace_;
  flow::Scheduler scheduler_;
  engine::NodeHealth health_;
  koodrive::Outcome outcome_;
  koodrive::Operation operation_;  ///< reused for its memory
  std::string key_, user_;
  std::deque<Connection> connections_;
  std::vector<std::uint32_t> parked_;  ///< woken last in, first out, as IdleSlots does
  std::deque<std::uint32_t> ready_;
  std::optional<TimePoint> wake_at_;
  std::vector<bool> sent_;  ///< by operation: sent at least once
  std::uint64_t admitted_ = 0, final_ = 0;
  std::uint64_t ticket_ = 1;  ///< of the group now being filled
  bool recorded_ = false;     ///< that group has results
  std::deque<std::uint64_t> syncing_;
  Progress progress_;
};

}  // namespace koobatch::pace_bench
