#pragma once
#include "fleet/lease.hpp"
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/net/send_gate.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <thread>

namespace koobatch::fleet {

/// What ends the process at the end of a lease, see KernelTimer.
class Alarm {
 public:
  virtual ~Alarm() = default;
  virtual void arm(BootTime at) = 0;
  virtual void disarm() = 0;
};

/// The clocks that a lease is about.
class LeaseClocks {
 public:
  virtual ~LeaseClocks() = default;
  virtual BootTime now() const = 0;
  /// What the X-Date of a request would be now. `offset`: from steady time, as learned from the service; nothing: by
  /// our own clock.
  virtual WallTime x_date(std::optional<Duration> offset) const = 0;
};
const LeaseClocks& system_clocks();

/// What sends under a lease, see engine::Run. Safe to call from any thread.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual void hold() = 0;
  virtual void release() = 0;
  /// Whether nothing more can be sent, as the gate turns requests away.
  virtual bool withdraw(std::chrono::milliseconds patience) = 0;
  virtual std::optional<Duration> service_clock() const = 0;
};

/// Sees to it that nothing is sent after the end of the lease. Never waits for the ledger, which may be silent for
/// longer than the lease.
///
/// While the lease lasts, requests pass the gate. Shortly before its end the gate is closed, and once no thread can be
/// between the gate and sending, the alarm is disarmed: the process continues, and keeps what it knows. If a thread
/// cannot confirm that, because it is stopped, the alarm ends the process. Safe to call from any thread.
class LeaseKeeper final : public net::SendGate {
 public:
  /// `alarm` and `clocks` must outlive it.
  LeaseKeeper(Duration length, Alarm& alarm, const LeaseClocks& clocks = system_clocks());

  bool admits(WallTime dated) override EXCLUDES(mutex_);

  /// See Lease::begin_renewal().
  Lease::Renewal begin_renewal() EXCLUDES(mutex_) EXCLUDES(sender_mutex_);
  /// The ledger has acknowledged that statement: the alarm is set anew, and requests may pass.
  void acknowledged(const Lease::Renewal& renewal) EXCLUDES(mutex_) EXCLUDES(sender_mutex_);
  /// The enrolment is over: nothing passes any more.
  void terminate() EXCLUDES(mutex_);

  /// From now on `sender` sends under the lease, until disengage() returns. It must then have ended, or be of no
  /// concern.
  void engage(Sender& sender) EXCLUDES(sender_mutex_);
  void disengage() EXCLUDES(sender_mutex_);

  /// When stand_down_if_due() has something to do; BootTime::max() if nothing is to be done before a renewal.
  BootTime next_deadline() const EXCLUDES(mutex_);
  /// Stands down if the lease is over, in several steps. Returns whether the alarm is disarmed, or need not be; if not,
  /// it is to be called again at once.
  bool stand_down_if_due() EXCLUDES(mutex_) EXCLUDES(sender_mutex_);
  /// Waits until next_deadline() may have changed, at most until then.
  void wait_for_deadline() const EXCLUDES(mutex_);
  /// Whether nothing is sent because the lease is over.
  bool is_down() const EXCLUDES(mutex_);

 private:
  enum class Step : std::uint8_t { none, wait, withdraw };
  /// What is to be done about the end of the lease now. The gate is closed, unless that is nothing. `openings`: how
  /// often it was opened before.
  Step close_gate(std::uint64_t& openings) EXCLUDES(mutex_) EXCLUDES(sender_mutex_);

  const LeaseClocks& clocks_;
  Alarm& alarm_;
  mutable Mutex mutex_;  ///< never held while a sender is called
  mutable std::condition_variable changed_;
  Lease lease_ GUARDED_BY(mutex_);
  bool armed_ GUARDED_BY(mutex_) = false;
  /// No request passes since then; nothing: those that the lease admits do.
  std::optional<BootTime> closed_since_ GUARDED_BY(mutex_) = BootTime::min();
  bool terminated_ GUARDED_BY(mutex_) = false;
  std::uint64_t openings_ GUARDED_BY(mutex_) = 0;  ///< how often the gate was opened
  Mutex sender_mutex_;
  Sender* sender_ GUARDED_BY(sender_mutex_) = nullptr;
};

/// The thread that keeps a lease.
class LeaseThread {
 public:
  explicit LeaseThread(LeaseKeeper& keeper);
  /// Ends once the alarm is disarmed. Precondition: the keeper was terminated.
  ~LeaseThread();
  LeaseThread(const LeaseThread&) = delete;
  LeaseThread& operator=(const LeaseThread&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace koobatch::fleet
