#pragma once
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/user_credentials.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/inbox.hpp"
#include "koobatch/engine/measurements.hpp"
#include "koobatch/engine/operation_log.hpp"
#include "koobatch/engine/renewer.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/classify.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/flow/server_clock.hpp"
#include "koobatch/flow/uniform_rejection.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/connection.hpp"
#include "koobatch/net/deadline_queue.hpp"
#include "koobatch/net/request.hpp"
#include "koobatch/observe/counters.hpp"
#include "koobatch/observe/request_counters.hpp"
#include "koobatch/report/tally.hpp"
#include "koobatch/report/writer.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace koobatch::engine {

/// What the workers of a run share. Outlives them.
struct Shared {
  const RunSettings& settings;
  flow::Pace& pace;
  flow::UniformRejection& first_results;
  flow::StoppedUsers& stopped_users;
  flow::ClockProof& clock;
  auth::Credentials& credentials;
  Renewer& renewer;
  auth::UserCredentials* user_credentials;  ///< null: everybody is sent with the same
  report::Writer& writer;
  net::asio::ssl::context* tls;  ///< null: plain TCP
  std::uint32_t trace_prefix;
  OperationLog& operation_log;
  // From any thread:
  /// The run cannot go on, perhaps because of what came of this attempt.
  std::function<void(Error, const std::optional<TraceId>& attempt)> abort;
  std::function<void()> pace_changed;   ///< every worker should ask the pace again
  std::function<void()> not_succeeded;  ///< an operation ended badly
  /// Nothing more is sent for the user of this operation, of which this attempt was refused so. The user is the
  /// `number`th of whom that is true.
  std::function<void(const job::Operation&, const TraceId&, const flow::Outcome&, std::size_t number)> user_stopped;
  std::function<void()> worker_ended;  ///< the last thing a worker's thread does
};

/// One thread: an io_context, a scheduler, and the connections that act out what the scheduler decides. Operations come
/// in through the inbox, results go out to the report's writer in batches.
class Worker {
 public:
  Worker(unsigned index, unsigned connections, std::uint64_t seed, const Shared& shared);
  ~Worker();  ///< joins

  void start();
  Inbox& inbox() { return inbox_; }
  const observe::Counters& counters() const { return counters_; }
  /// Null if nobody asks for metrics.
  const observe::RequestCounters* request_counters() const { return request_counters_.get(); }

  // From any thread:
  /// Batches up to `number` are durable.
  void notify_durable(std::uint64_t number);
  /// The pace changed: ask again.
  void notify_pace();
  /// Does this on the worker's thread, unless that has ended.
  void post(std::function<void()> task);
  /// Sends nothing more; ends when what is under way has been answered.
  void stop();
  /// Ends now: closes the connections under way.
  void abandon();

  /// After the end: lines whose attempt was under way.
  std::vector<std::uint32_t> unsettled() const { return scheduler_.unsettled(); }
  /// After the end: what came of this worker's operations.
  const report::Tally& tally() const { return tally_; }
  /// After the end: what was left out of what it was dealt.
  const flow::LeftOut& left_out() const { return scheduler_.left_out(); }
  /// After the end; null if the run is not measured.
  const Measurements* measurements() const { return measured_.get(); }
  void join();

 private:
  struct Line;  ///< a connection and all that its exchange needs

  void run();
  net::Awaitable<void> serve(Line& line);
  net::Awaitable<void> open(Line& line);
  net::Awaitable<void> do_without(Line& line);
  void prepare(Line& line, flow::SlotId slot, TimePoint now);
  void abort(Error cause, const std::optional<TraceId>& attempt = {});
  void follow_credentials();
  void conclude(Line& line, flow::SlotId slot);
  bool mend(Line& line, flow::SlotId slot);
  void note_accepted(const Line& line, TimePoint now);
  bool mend_for_user(Line& line, flow::SlotId slot);
  TraceId trace_of(flow::SlotId slot) const;
  void record(flow::SlotId slot, Status status, const flow::Outcome& outcome, const flow::AttemptTiming& timing);

  net::Awaitable<void> park();
  void wake_one();
  void wake_at(TimePoint time);
  void arm_timer();
  void on_timer();

  void measure_failure(const flow::Outcome& outcome, std::optional<TraceId> trace, WallTime at);
  bool pull_input();
  void check_overwhelmed();
  void note(flow::SlotId slot, TimePoint now);
  void begin_batch(TimePoint now);
  void hand_over(bool urgent);
  void consider_sync();
  void check_outage(TimePoint now);
  void consider_first(Status status, const flow::Outcome& outcome);
  void pace_changed();
  void line_ended();

  const unsigned index_;
  const Shared& shared_;
  net::asio::io_context context_{1};
  net::asio::executor_work_guard<net::Executor> work_{context_.get_executor()};
  net::Timer timer_{context_};
  TimePoint timer_at_ = TimePoint::max();
  TimePoint wake_at_ = TimePoint::max();
  net::DeadlineQueue deadlines_;
  net::Turns turns_{context_};
  net::Dialer dialer_;
  net::RequestRenderer renderer_;
  flow::Scheduler scheduler_;
  flow::Classifier classifier_;
  flow::ServerClock clock_;
  auth::Credentials::Header header_;
  auth::Credentials::Secrets former_secrets_;
  std::uint64_t credentials_version_;  ///< of these two
  TimePoint tell_accepted_at_ = TimePoint::min();
  observe::Counters counters_;
  std::unique_ptr<observe::RequestCounters> request_counters_;
  report::Tally tally_;
  std::unique_ptr<Measurements> measured_;
  Inbox inbox_;

  using ParkedLine = net::asio::async_result<net::UseAwaitable, void()>::handler_type;
  std::vector<ParkedLine> parked_;  ///< idle lines; the last to go idle is the first to be woken, so that few stay warm
  std::vector<std::unique_ptr<Line>> lines_;
  std::size_t lines_running_ = 0;

  report::Batch batch_;
  std::uint64_t recorded_batch_ = 0;  ///< the last batch that holds anything
  std::uint64_t urged_batch_ = 0;     ///< the last batch whose durability was asked for at once
  std::uint64_t durable_batch_ = 0;

  std::string last_failure_;  ///< why the service could not be reached, for people
  bool told_of_shortage_ = false;
  bool told_of_certificate_ = false;
  std::thread thread_;
};

}  // namespace koobatch::engine
