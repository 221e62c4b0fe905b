#pragma once
#include "engine/attempt_judge.hpp"
#include "engine/credential_policy.hpp"
#include "engine/idle_slots.hpp"
#include "engine/inbox.hpp"
#include "engine/lines.hpp"
#include "engine/node_health.hpp"
#include "engine/open_dialogues.hpp"
#include "engine/results.hpp"
#include "engine/shared_parts.hpp"
#include "engine/wire.hpp"
#include "engine/withdrawal.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/koodrive/request.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::engine {

/// One thread: an event loop, a scheduler, and the connections that carry out what the scheduler decides. Operations
/// arrive through the inbox; results go to the report's writer in batches.
class Worker final : private Inbox::Owner, private IdleSlots::Owner {
 public:
  Worker(unsigned index, unsigned connections, std::uint64_t seed, const SharedParts& shared,
         std::unique_ptr<CredentialPolicy> credentials);
  ~Worker() override;  ///< joins

  void start();
  void join() { wire_.join(); }
  Inbox& inbox() { return inbox_; }
  const WorkerStatistics& statistics() const { return results_.statistics(); }

  // Safe to call from any thread:
  /// Reports that batches up to `number` are durable.
  void notify_durable(std::uint64_t number);
  /// Reports that the pace changed, so that the worker checks again.
  void notify_pace();
  /// Sends nothing more; ends once the requests in flight have been answered.
  void stop();
  /// Ends immediately: closes the connections with requests in flight.
  void abandon();
  /// Begins to close the connections on which something may not have arrived; see Run::withdraw().
  void withdraw();
  /// Waits, but no longer than `until`, for that to be done. Returns whether it is.
  bool has_withdrawn(TimePoint until) { return withdrawal_.wait_until(until); }

  // After the worker has ended:
  /// Lines whose attempt was in flight.
  std::vector<std::uint32_t> unsettled() const { return scheduler_.unsettled(); }
  /// The operations that were left out.
  const flow::LeftOut& left_out() const { return scheduler_.left_out(); }

 private:
  // On the worker's thread, except input_arrived():
  void input_arrived() override;
  void woken_by_time(TimePoint now) override;
  void run();
  void start_line(Line& line);
  void line_ended();

  net::Awaitable<void> serve(Line& line);
  net::Awaitable<void> open(Line& line);
  void opened(Connection& connection);
  net::Awaitable<void> do_without(Line& line);
  void prepare(Line& line, flow::SlotId slot, TimePoint now);
  std::string_view render(Line& line, flow::SlotId slot, const TraceId& trace_id);
  void withhold(Line& line, flow::SlotId slot);
  void conclude(Line& line, flow::SlotId slot);
  void complete(Line& line, flow::SlotId slot, const flow::AttemptTiming& timing);
  void finish(Line& line, flow::SlotId slot, Status status, const flow::AttemptTiming& timing);
  bool consider_reading(Line& line, flow::SlotId slot, Status& status, const flow::AttemptTiming& timing);
  void send(Line& line, flow::SlotId slot, std::string_view note, const flow::AttemptTiming& timing);
  bool send_unread(Line& line, flow::SlotId slot, flow::Scheduler::Unread why, const koodrive::Outcome& last,
                   const flow::AttemptTiming& timing);
  bool read_back(Line& line, flow::SlotId slot, Status status, const koodrive::Outcome& outcome);
  void give_up(Line& line, const flow::Action& action, TimePoint now);
  void give_up(Line& line, flow::SlotId slot, Status status, flow::Scheduler::Unread why,
               const koodrive::Outcome& outcome, const flow::AttemptTiming& timing);
  void retry(flow::SlotId slot, const koodrive::Outcome& outcome, TimePoint now);
  void leave_out(Line& line, flow::SlotId slot, AttemptJudge::Judgement& judgement, const flow::AttemptTiming& timing);

  bool pull_input();
  void consider_rest(TimePoint now);
  void check_outage(TimePoint now);
  void check_overwhelmed();
  void warn_of_certificate(const Line& line);
  void leave_node();
  void pace_changed();

  const SharedParts& shared_;
  Wire wire_;
  koodrive::RequestRenderer renderer_;
  flow::Scheduler scheduler_;
  std::unique_ptr<CredentialPolicy> credentials_;
  AttemptJudge judge_;
  NodeHealth health_;
  OpenDialogues dialogues_;
  Inbox inbox_{*this};
  IdleSlots idle_;
  Results results_;
  Lines lines_;
  Withdrawal withdrawal_;
  std::size_t running_ = 0;  ///< lines
  struct Told {
    bool of_shortage = false;
    bool of_certificate = false;
    bool of_http1 = false;
  } told_;
};

}  // namespace koobatch::engine
