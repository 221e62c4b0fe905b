#pragma once
#include "fleet/lease_keeper.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <cstdint>
#include <optional>

namespace koobatch::fleet {

/// What the parts of a worker ask of the run that it takes part in. Safe to call from any thread.
class EngineControl : public Sender {
 public:
  virtual observe::Snapshot snapshot() const = 0;
  virtual std::uint64_t held_refusals() const = 0;
  /// Operations that will not be sent because the service refuses their users.
  virtual std::uint64_t left_out() const = 0;
  /// Whether the service has accepted a request that was dated too early; nothing as long as that is not known.
  virtual std::optional<bool> stale_attempt_accepted() const = 0;
  /// As the user of the whole run wants it.
  virtual void pause(bool paused) = 0;
  /// As the service asked another worker to.
  virtual void pause_for(Duration wait) = 0;
  /// Requests a second, and the burst; 0: nothing is sent. Nothing: there is no limit.
  struct Rate {
    double rate = 0;
    std::uint32_t burst = 1;

    bool operator==(const Rate&) const = default;
  };
  virtual void set_rate(const std::optional<Rate>& rate) = 0;
  /// Of each user, requests a second; 0: no limit.
  virtual void set_rate_per_user(double rate) = 0;
  /// Sends nothing more; requests in flight may take up to `grace`.
  virtual void stop(Duration grace) = 0;
};

/// The engine's run.
class RunControl final : public EngineControl {
 public:
  explicit RunControl(engine::Run& run) : run_(run) {}

  void hold() override { run_.hold(); }
  void release() override EXCLUDES(mutex_);
  bool withdraw(std::chrono::milliseconds patience) override { return run_.withdraw(patience); }
  std::optional<Duration> service_clock() const override { return run_.service_clock(); }

  observe::Snapshot snapshot() const override { return run_.snapshot(); }
  std::uint64_t held_refusals() const override { return run_.held_refusals(); }
  std::uint64_t left_out() const override { return run_.left_out(); }
  std::optional<bool> stale_attempt_accepted() const override { return run_.stale_attempt_accepted(); }
  void pause(bool paused) override EXCLUDES(mutex_);
  void pause_for(Duration wait) override { run_.pause_for(wait); }
  void set_rate(const std::optional<Rate>& rate) override EXCLUDES(mutex_);
  void set_rate_per_user(double rate) override EXCLUDES(mutex_);
  void stop(Duration grace) override;

 private:
  engine::Run& run_;
  Mutex mutex_;
  bool paused_ GUARDED_BY(mutex_) = false;
  bool starved_ GUARDED_BY(mutex_) = false;  ///< its share is nothing, which the engine would take for no limit
  std::optional<Rate> rate_ GUARDED_BY(mutex_);
  double rate_per_user_ GUARDED_BY(mutex_) = -1;
};

}  // namespace koobatch::fleet
