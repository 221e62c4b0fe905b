#pragma once
#include "koobatch/core/mutex.hpp"
#include "koobatch/koodrive/operation.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <vector>

namespace koobatch::engine {

/// Passes operations from the reader to one worker, in batches: one lock and one wake-up per batch. Used batches return
/// to the reader with their memory.
class Inbox {
 public:
  /// The worker that the inbox belongs to.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// An empty inbox received a batch, was closed, or the reader paused. Called on the reader's thread.
    virtual void input_arrived() = 0;
  };
  struct Item {
    koodrive::Operation operation;
    bool attempted = false;  ///< an earlier segment of the run may have sent it
  };
  using Batch = std::vector<Item>;
  /// The maximum number of operations in a batch. Large enough that handing over costs next to nothing, small enough
  /// that a slow job starts at once.
  static constexpr std::size_t batch_size = 256;
  /// The approximate maximum memory of a batch: lines may be up to 1 MiB.
  static constexpr std::size_t batch_bytes = 256 * 1024;
  /// The maximum number of waiting batches; together with the look-ahead, these are all operations in memory.
  static constexpr std::size_t capacity = 4;

  /// `owner` must outlive it.
  explicit Inbox(Owner& owner) : owner_(owner) {}

  /// For the reader: waits until there is room. False: the worker accepts nothing more. Swaps `batch` for an empty or
  /// used one; notifies the owner if it may be waiting.
  bool push(Batch& batch, std::size_t& count);
  /// For the reader: reports that it has nothing to hand over until further notice, that is the next push().
  void pause();
  /// For the reader: ends the input.
  void close();

  struct Delivery {
    Batch batch;
    std::size_t count = 0;  ///< operations in it: the rest of the batch is left over from earlier use
  };
  /// For the worker: takes a batch if there is one. `closed`: there is none, and no more will follow.
  bool pop(Delivery& delivery, bool& closed);
  /// For the worker: whether pop() may return something. Takes no lock.
  bool has_news() const { return news_.load(std::memory_order_acquire); }
  /// For the worker: whether the reader has nothing to hand over for now. Takes no lock.
  bool is_paused() const { return paused_.load(std::memory_order_acquire); }
  /// For the worker: returns a used batch.
  void recycle(Batch batch);
  /// For the worker: accepts nothing more; the reader stops.
  void refuse();

 private:
  Owner& owner_;
  Mutex mutex_;
  std::condition_variable room_;
  std::deque<Delivery> full_ GUARDED_BY(mutex_);
  std::vector<Batch> used_ GUARDED_BY(mutex_);
  std::atomic<bool> news_{false};
  std::atomic<bool> paused_{false};
  bool closed_ GUARDED_BY(mutex_) = false;
  bool refused_ GUARDED_BY(mutex_) = false;
};

}  // namespace koobatch::engine
