#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_timer.hpp"

#include <cstddef>
#include <vector>

namespace koobatch::engine {

/// The idle coroutines of one thread, and when the next of them must look for work again. For use on the thread of the
/// io_context, which must outlive it, as must the timer.
class IdleSlots : private net::Deadline {
 public:
  /// Called when the time of wake_at() has come, before a coroutine is woken.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void woken_by_time(TimePoint now) = 0;
  };

  using Parked = net::asio::async_result<net::UseAwaitable, void()>::handler_type;
  /// Coroutines for which a particular thing has to happen before it is worthwhile to wake them.
  using Aside = std::vector<Parked>;

  IdleSlots(net::asio::io_context& context, net::DeadlineTimer& timer, Owner& owner)
      : context_(context), timer_(timer), owner_(owner) {}
  ~IdleSlots() override;

  /// Completes when the caller is woken.
  net::Awaitable<void> park();
  /// Wakes one coroutine, if any; if it finds something to do, it should wake the next. The last one parked is woken
  /// first, so that few connections stay warm.
  void wake_one();
  void wake_all();
  /// Wakes one at `time`, or earlier if an earlier time was set.
  void wake_at(TimePoint time);
  /// Completes when the caller is woken, which happens only after readmit(aside).
  net::Awaitable<void> set_aside(Aside& aside);
  /// Makes all in `aside` idle coroutines that can be woken. Wakes none.
  void readmit(Aside& aside);
  std::size_t size() const { return parked_.size(); }

 private:
  void expire() override;

  net::asio::io_context& context_;
  net::DeadlineTimer& timer_;
  Owner& owner_;
  std::vector<Parked> parked_;
};

}  // namespace koobatch::engine
