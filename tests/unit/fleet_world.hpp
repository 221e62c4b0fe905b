#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/clock.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <utility>
#include <vector>

// Virtual time for whole fleets: events, the clocks of machines, and processes that are stopped or killed.

namespace koobatch::fleet::test {

/// What happens in a simulation, in the order of true time.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  Duration now() const { return now_; }
  void at(Duration time, std::function<void()> what) {
    events_.push({std::max(time, now_), ++sequence_, std::make_shared<std::function<void()>>(std::move(what))});
  }
  void after(Duration time, std::function<void()> what) { at(now_ + time, std::move(what)); }
  /// Lets the next event happen. False if there is none before `end`.
  bool step(Duration end) {
    if (events_.empty() || events_.top().time > end) return false;
    const auto what = events_.top().what;
    now_ = events_.top().time;
    events_.pop();
    (*what)();
    return true;
  }

  bool chance(double probability) { return std::uniform_real_distribution<>()(random_) < probability; }
  double between(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }
  Duration between(Duration low, Duration high) {
    return Duration(std::uniform_int_distribution<Duration::rep>(low.count(), high.count())(random_));
  }
  template <class Number>
  Number number(Number low, Number high) {
    return std::uniform_int_distribution<Number>(low, high)(random_);
  }
  std::uint64_t bits() { return random_(); }

 private:
  struct Event {
    Duration time;
    std::uint64_t sequence;
    std::shared_ptr<std::function<void()>> what;
    friend bool operator>(const Event& a, const Event& b) {
      return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }
  };

  std::mt19937_64 random_;
  Duration now_{};
  std::uint64_t sequence_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

/// True time 0 on the calendar.
inline const WallTime calendar_start{std::chrono::hours(500'000)};
inline WallTime calendar(Duration time) {
  return calendar_start + std::chrono::duration_cast<WallTime::duration>(time);
}

/// A machine's clocks, which run a little too fast or too slowly, and stop while the whole machine does.
class Machine {
 public:
  Machine(World& world, double speed, Duration calendar_error) : world_(world), speed_(speed), error_(calendar_error) {}

  BootTime boot() const { return boot_at(world_.now()); }
  TimePoint steady() const { return TimePoint(boot().time_since_epoch()); }
  WallTime wall() const { return calendar(world_.now() - stale_ + error_); }
  /// The true time at which the boot clock will show this, unless the machine stops before.
  Duration when(BootTime time) const {
    const auto ahead = static_cast<double>((time - boot()).count());
    return world_.now() + Duration(static_cast<Duration::rep>(ahead / speed_) + 1);
  }
  void set_calendar(Duration error) { error_ = error, stale_ = {}; }

  /// Stops the machine with all its clocks.
  void stop(Duration time) {
    stopped_ += time;
    stale_ += time;
    frozen_until_ = world_.now() + time;
    was_stopped_ = true;
  }
  bool is_frozen() const { return world_.now() < frozen_until_; }
  Duration frozen_until() const { return frozen_until_; }
  /// Whether it was ever stopped with its clocks.
  bool was_stopped() const { return was_stopped_; }

 private:
  BootTime boot_at(Duration time) const {
    const auto running = static_cast<double>((time - stopped_).count());
    return BootTime(std::chrono::hours(1)) + Duration(static_cast<Duration::rep>(running * speed_));
  }

  World& world_;
  double speed_;
  Duration error_;
  Duration stopped_{};
  Duration stale_{};  ///< by how much its calendar lags because it was stopped
  Duration frozen_until_{};
  bool was_stopped_ = false;
};

/// A process on a machine: what it does happens later while it is stopped, and never after its death.
class Process {
 public:
  Process(World& world, Machine& machine) : world_(world), machine_(machine), life_(std::make_shared<bool>(true)) {}
  ~Process() { *life_ = false; }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool alive() const { return *life_; }
  void kill() { *life_ = false; }
  /// As SIGSTOP does: the machine's clocks, and the kernel's timers, go on.
  void stop(Duration time) { stopped_until_ = std::max(stopped_until_, world_.now() + time); }

  /// Does something after so much time by the machine's clock.
  void after(Duration time, std::function<void()> what) {
    run_at(machine_.when(machine_.boot() + time), std::move(what));
  }
  /// Does something as soon as it can from true time `time` on: something arrives.
  void run_at(Duration time, std::function<void()> what) {
    world_.at(time, [this, life = life_, what = std::move(what)]() mutable {
      if (!*life) return;
      const Duration resumes = std::max(stopped_until_, machine_.frozen_until());
      if (world_.now() < resumes) return run_at(resumes, std::move(what));
      what();
    });
  }

 private:
  World& world_;
  Machine& machine_;
  std::shared_ptr<bool> life_;
  Duration stopped_until_{};
};

}  // namespace koobatch::fleet::test
