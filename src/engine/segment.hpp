#pragma once
#include "engine/feeder.hpp"
#include "engine/lifecycle.hpp"
#include "engine/operation_log.hpp"
#include "engine/quota_question.hpp"
#include "engine/renewer.hpp"
#include "engine/run_events.hpp"
#include "engine/run_start.hpp"
#include "engine/stale_attempt.hpp"
#include "engine/worker.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/report/writer.hpp"

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace koobatch::engine {

/// One segment of a run: owns its parts, starts them, handles their events, and sums up their results.
class Segment final : private RunEvents, private report::WriterEvents {
 public:
  Segment(const RunSettings& settings, std::shared_ptr<const job::Source> source, report::RunRecord record);
  ~Segment() override;  ///< of an unfinished run: stops immediately, like a crash

  // To be called first, in this order:
  /// Everything that can fail before anything is written.
  Result<void> prepare();
  /// The report's name is final only after its creation.
  std::filesystem::path& report_path() { return settings_.report; }
  /// Starts all parts. `before`: the results of earlier segments; nothing in the first.
  void launch(std::unique_ptr<report::JournalFile> file, report::WriterSettings writing, Feeder::Progress progress,
              std::optional<report::Counts> before);

  // See Run:
  bool wait(std::chrono::milliseconds patience);
  void interrupt(std::chrono::milliseconds grace);
  observe::Snapshot snapshot() const;
  observe::RunMetrics metrics() const;
  const report::RunRecord& record() const { return record_; }
  const RunSettings& settings() const { return settings_; }
  /// Changes the pace with `change(Pace&)`. False if the run has ended before.
  template <class Change>
  bool change_pace(Change change) {
    if (lifecycle_.over()) return false;
    change(decisions_.pace);
    pace_changed();
    return true;
  }
  std::uint64_t held_refusals() const { return decisions_.refusals.held().count; }
  std::optional<Duration> service_clock() const;
  std::optional<bool> stale_attempt_accepted() const { return decisions_.stale_attempt.accepted(); }
  std::uint64_t left_out() const;
  bool withdraw(std::chrono::milliseconds patience);
  RunResult finish();

 private:
  // From any thread:
  void stop(StopReason reason, const std::optional<TraceId>& attempt = {}) override;
  void pace_changed() override;
  void operation_failed() override;
  void worker_ended() override { lifecycle_.part_ended(); }
  // On the writer's thread:
  void durable(unsigned worker, std::uint64_t number) override;
  void failed(const Error& cause) override;
  void relieved() override { pace_changed(); }

  std::unique_ptr<CredentialPolicy> make_credential_policy();
  void feed();
  void stop_workers();
  void abandon_workers();
  void report_left_out_users();
  void warn_of_changed_job() const;
  observe::Snapshot count() const;
  std::optional<Error> why_stopped() const;
  report::EndRecord describe_end() const;
  void conclude(report::EndRecord& end) const;
  report::Summary summarize(const report::EndRecord& end) const;
  report::Summary sum_up_counted(const report::EndRecord& end) const;
  report::Summary sum_up_recorded(const report::EndRecord& end) const;
  report::Summary sum_up_written(const report::EndRecord& end) const;
  Measurements measurements(std::uint64_t remaining) const;

  /// Decisions shared by all workers.
  struct Decisions {
    explicit Decisions(const RunSettings& settings);
    flow::Pace pace;
    QuotaQuestion quota_question;
    StaleAttempt stale_attempt;
    flow::UniformRejection first_results;
    flow::RefusalStreak refusals;
    flow::StoppedUsers stopped_users;
    koodrive::ClockProof clock;
  };
  struct Feeding {
    std::unique_ptr<job::Reader> reader;  ///< until it is passed to the feeder
    std::unique_ptr<Feeder> feeder;
    std::thread thread;
    bool job_unusable = false;  ///< set by the feeder's thread
  };
  /// The recorded results of an ended run whose report failed: fewer than were counted.
  struct Recorded {
    mutable Mutex mutex;
    std::optional<report::Counts> counts GUARDED_BY(mutex);
  };

  RunSettings settings_;
  const std::shared_ptr<const job::Source> source_;
  const report::RunRecord record_;
  const TimePoint started_ = Steady::now();
  Decisions decisions_;
  OperationLog operation_log_;
  Access access_;
  std::optional<report::Counts> before_;
  Lifecycle lifecycle_;
  std::unique_ptr<report::Writer> writer_;
  std::optional<SharedParts> shared_;
  std::unique_ptr<Renewer> renewer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Feeding feeding_;
  Recorded recorded_;
};

}  // namespace koobatch::engine
