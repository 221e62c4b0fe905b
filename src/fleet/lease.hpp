#pragma once
#include "koobatch/core/boot_clock.hpp"

#include <optional>

namespace koobatch::fleet {

/// Until when a worker may send. Its lease ends a fixed time after the last acknowledged statement was *sent*, which is
/// not later than when the ledger carried it out; whoever watches waits longer than that before it fences the worker.
///
/// The end is kept on two scales: the machine's own clock, and the service's time, as X-Date has it. The second one
/// holds where the first one fails: if the whole machine was stopped together with its clocks, a request is dated by
/// the time at which it stopped, and the service refuses it for its age. So no X-Date may ever lie beyond the lease.
///
/// X-Dates are not read from one clock: each connection has learned by how much the service's clock differs from ours,
/// perhaps by minutes, and learns it anew at any time. What is fixed with a renewal is therefore the largest difference
/// that was in use when it was *begun*. A difference that becomes larger by more than what is left of the lease makes
/// sending wait for the next renewal, and for no longer. Why that is safe: the renewal is acknowledged only if the
/// enrolment was not over when it was begun.
///
/// No clock, no I/O; not thread-safe.
class Lease {
 public:
  /// No attempt begins in the last moments of a lease.
  static constexpr Duration margin = std::chrono::milliseconds(300);
  /// Differences that were last used longer ago than this may be forgotten.
  static constexpr Duration memory = std::chrono::seconds(2);

  /// When a statement that renews the lease was sent, by both scales.
  struct Renewal {
    BootTime sent;
    WallTime x_date;
  };

  /// There is no lease before the first renewal.
  explicit Lease(Duration length) : length_(length) {}

  /// Call this right before a statement is sent that renews: enrolment, group, beat or claim. `x_date`: what an X-Date
  /// would be now, by what the service has accepted, else by the wall clock.
  Renewal begin_renewal(BootTime now, WallTime x_date);
  /// Reports that the ledger has acknowledged the statement. Returns whether that prolongs the lease: the kernel's
  /// timer is then set to end(), before anything is sent. A lease never becomes shorter.
  bool acknowledged(const Renewal& renewal);
  /// The enrolment is over: fenced, or left.
  void terminate() { terminated_ = true; }

  /// Whether an attempt may begin: asked in the step that sends, with the very reading that is written into its X-Date.
  bool may_send(BootTime now, WallTime x_date);

  /// When to begin to stand down: nothing new is sent from then on, every thread says so, and then the kernel's timer
  /// is disarmed. Early enough before end() for that.
  BootTime stand_down_at() const;
  /// When the kernel's timer must fire; long ago without a lease.
  BootTime end() const { return end_; }
  /// Whether to stand down now.
  bool is_over(BootTime now) const { return terminated_ || now >= stand_down_at(); }

 private:
  void note_difference(BootTime now, WallTime x_date);

  Duration length_;
  BootTime end_ = BootTime::min() + std::chrono::hours(1);
  WallTime x_date_end_ = WallTime::min() + std::chrono::hours(1);
  bool terminated_ = false;
  // X-Date − our clock, the largest one of those asked for lately:
  std::optional<Duration> difference_;
  std::optional<Duration> earlier_difference_;
  BootTime noted_from_ = BootTime::min() + std::chrono::hours(1);
};

}  // namespace koobatch::fleet
