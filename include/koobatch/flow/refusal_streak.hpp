#pragma once
#include "koobatch/core/mutex.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace koobatch::flow {

/// Notices that everything is refused alike, from the start or from some point of the run on, without one of the codes
/// the service documents: by a firewall, a redirect to a login, an endpoint that is not the service. Such a refusal is
/// not final before something else was answered: until then its operation is held back, without a result, and keeps its
/// key. Shared by all threads.
///
/// Where the user has said how many errors are too many, a streak does not stop the run by itself. What is held back
/// counts as errors, so that the limit stops the run before any of it is final; a streak that the limit allows becomes
/// final when it is as long as what is held back at most.
///
/// A single refusal is enough if it is a redirect to another service before anything proved that this one is at work:
/// that is how an endpoint with the wrong scheme or host answers everything.
///
/// A refusal that is held back has a ticket (rising, over all workers); the worker that holds it records it once it is
/// released. When nothing is left to send but what waits for held refusals, the oldest is released, so that a job with
/// few keys continues, and one that is finished ends.
class RefusalStreak {
 public:
  /// So many in a row stop the run; no more than this are held back.
  static constexpr std::size_t limit = 100;

  /// What a worker has left to do.
  enum class Activity : std::uint8_t {
    busy,
    starved,  ///< nothing but what the job may still bring
    full,     ///< nothing, and can take nothing more from the job
    ended,    ///< nothing, and the job will bring nothing more
  };

  struct Decision {
    enum class Fate {
      record,  ///< it is final
      hold,    ///< it is held back
      stop,    ///< the run is to stop, and no refusal that is held back becomes a result
    };
    Fate fate = Fate::record;
    std::uint64_t ticket = 0;  ///< of `hold`
    bool released = false;     ///< others were released by this: every worker should look
    std::size_t count = 0;     ///< of `stop`: how long the streak is
    std::size_t recorded = 0;  ///< of `stop`: so many of the streak were released before
  };

  /// `stops`: false if the user has said how many errors are too many. `endpoint`: where requests are sent, as
  /// "https://host"; a redirect to any other is one to another service.
  RefusalStreak(bool stops, unsigned workers, std::string endpoint = {});

  /// Whether an attempt that ended like this was refused for good, without a documented code.
  static bool is_refusal(const koodrive::Outcome& outcome);

  /// Would an answer of the service change anything: end a streak, or prove for the first time that it is at work?
  /// Cheap enough to ask for every operation.
  bool open() const { return open_.load(std::memory_order_relaxed); }
  /// One of `worker`'s operations ended like this: is_refusal().
  Decision refused(unsigned worker, const koodrive::Outcome& outcome);
  /// The service itself answered an operation. True if that released what was held back: every worker should look.
  bool answered();
  struct Held {
    std::size_t count = 0;
    std::string answer;  ///< the last of them, for people
  };
  Held held() const;
  /// The run stops: nothing that is held back becomes final any more, nor what is refused from now on.
  void stop();
  /// Is the refusal with this ticket final?
  bool released(std::uint64_t ticket) const { return ticket <= released_.load(std::memory_order_acquire); }

  /// `worker` was given something to do. From any thread.
  void set_busy(unsigned worker);
  /// `worker` came to rest, as `activity` says. True if that released the oldest refusal: every worker should look.
  bool set_at_rest(unsigned worker, Activity activity);

 private:
  bool all_at_rest() const REQUIRES(mutex_);
  void release_oldest() REQUIRES(mutex_);
  bool release_all() REQUIRES(mutex_);
  bool end_streak() REQUIRES(mutex_);
  bool leads_elsewhere(const koodrive::Outcome& outcome) const;

  const bool stops_;
  const std::string endpoint_;
  std::atomic<bool> open_{true};
  std::atomic<std::uint64_t> released_{0};  ///< every ticket up to this
  mutable Mutex mutex_;
  std::deque<unsigned> holders_ GUARDED_BY(mutex_);      ///< the workers of the tickets beyond
  std::vector<Activity> activities_ GUARDED_BY(mutex_);  ///< by worker
  std::size_t count_ GUARDED_BY(mutex_) = 0;             ///< in a row
  std::size_t recorded_ GUARDED_BY(mutex_) = 0;          ///< of these, released because nothing else was left to do
  std::string alike_ GUARDED_BY(mutex_);                 ///< what they have in common
  std::string answer_ GUARDED_BY(mutex_);                ///< the last of them, for people
  bool proved_ GUARDED_BY(mutex_) = false;               ///< the service itself has answered
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace koobatch::flow
