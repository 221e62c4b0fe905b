#pragma once
#include "koobatch/job/operation.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace koobatch::engine {

/// Operations on their way from the reader to one worker, many at a time: one lock and one wake-up per batch. Used
/// batches go back to the reader with their memory.
class Inbox {
 public:
  struct Item {
    job::Operation operation;
    bool attempted = false;  ///< an earlier segment of the run may have sent it
  };
  using Batch = std::vector<Item>;
  /// Operations in a batch at most. Large enough that handing over costs next to nothing, small enough that a slow job
  /// starts at once.
  static constexpr std::size_t batch_size = 256;
  /// Memory of a batch at most, roughly: lines may be up to 1 MiB.
  static constexpr std::size_t batch_bytes = 256 * 1024;
  /// Batches waiting at most: with look-ahead, all the operations that are in memory.
  static constexpr std::size_t capacity = 4;

  /// For the reader: waits until there is room. False: the worker wants nothing more. `batch` is swapped for an empty
  /// or used one; `wake` is called when the worker may be waiting for it.
  bool push(Batch& batch, std::size_t& count);
  /// For the reader: nothing more will come.
  void close();

  struct Delivery {
    Batch batch;
    std::size_t count = 0;  ///< operations in it: the rest of the batch is used ones
  };
  /// For the worker: takes a batch if there is one. `closed`: there is none, and there will be none.
  bool pop(Delivery& delivery, bool& closed);
  /// For the worker, without the lock: may pop() have something to tell?
  bool has_news() const { return news_.load(std::memory_order_acquire); }
  /// For the worker: gives a used batch back.
  void recycle(Batch batch);
  /// For the worker: wants nothing more; the reader stops.
  void refuse();

  /// Called, on the reader's thread, when something came into an empty inbox or it was closed. Set before use.
  std::function<void()> wake;

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Delivery> full_;
  std::vector<Batch> used_;
  std::atomic<bool> news_{false};
  bool closed_ = false;
  bool refused_ = false;
};

}  // namespace koobatch::engine
