#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace koobatch::fleet {

/// What a worker's row says of its share.
struct ShareNeed {
  double share = 0;
  double used = 0;       ///< requests a second, lately
  bool limited = false;  ///< it would use more: see would_use_more()
};

/// How much of the rate each worker should have; the sum is at most `rate`. Max-min fair up to what each can use: twice
/// its share if it is limited by that, else one and a half times what it used. What nobody is known to use is divided,
/// too. If there is less than one request a second for each, only as many get any, first those that have something to
/// do; the others are spares.
std::vector<double> divide_rate(double rate, std::span<const ShareNeed> needs);
/// How much of the burst a worker with this share gets; with divide_rate(), the sum is at most max(burst, workers).
std::uint32_t divide_burst(std::uint32_t burst, std::size_t workers, double share, double rate);

/// Whether a worker that used so much lately would use more: it used at least 80% of what it was offered. `is_starved`:
/// its share is too small to work, although it owns parts that are not done, or could claim some.
bool would_use_more(double used, double share, bool is_starved);

/// One worker's share of the run's rate. What is lowered is in force at once, and then told to the ledger; what is
/// raised is in force once the ledger has acknowledged it, and never more than the ledger says. So the shares in force
/// never exceed the rate.
///
/// No clock, no I/O; not thread-safe.
class RateShare {
 public:
  /// What the ledger is to be asked: Ledger::take_share().
  struct Wish {
    std::uint64_t known = 0;  ///< WorkerRow::share_changes
    double share = 0;
    std::uint32_t burst = 1;
  };

  /// Makes a new plan, about once a second: `rate` and `burst` are the run's, `workers` as surveyed, `me` among them.
  /// What is lowered is in force when this returns: the caller sets its pace before it sends the wish.
  std::optional<Wish> plan(double rate, std::uint32_t burst, std::span<const WorkerRow> workers, WorkerNumber me);
  /// The ledger has granted so much of a wish. One that was not answered, or came too late, changes nothing.
  void granted(const Wish& wish, double share);
  /// The lease is over: the share must be taken anew from a new enrolment.
  void reset() { *this = RateShare(); }

  /// Whether the run has no limit, as far as is known.
  bool is_unlimited() const { return rate_ == 0; }
  /// Requests a second that may be sent, if there is a limit; 0: none, which Pace would take for no limit.
  double share() const { return share_; }
  std::uint32_t burst() const { return burst_; }
  /// What fraction of a limit for each user is this worker's.
  double fraction() const { return rate_ == 0 ? 1 : share_ / rate_; }
  /// Whether the share is too small to claim any part.
  bool is_spare() const;

 private:
  double rate_ = 0;
  double share_ = 0;
  std::uint32_t burst_ = 1;
};

}  // namespace koobatch::fleet
