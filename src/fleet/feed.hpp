#pragma once
#include "fleet/chunk_codec.hpp"
#include "fleet/part_book.hpp"
#include "koobatch/core/mutex.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <optional>

namespace koobatch::fleet {

/// A chunk to be read, and where it belongs.
struct Feed {
  PartBook::Next next;
  UnpackedChunk operations;
};

/// Passes chunks from the thread that fetches them to the one that reads them. Safe to call from any thread.
class FeedQueue {
 public:
  /// Adds a chunk, for which PartBook::next_chunk() has asked.
  void add(Feed feed);
  /// No more chunks will come: the reader ends when it has read those that did.
  void finish();
  /// Lets the reader end at once, whatever is still to be read.
  void stop();
  /// How many operations were added in chunks that the reader has not taken yet.
  std::size_t waiting() const;

  // For the reader:
  bool stopped() const;
  struct Taken {
    std::optional<Feed> feed{};  ///< nothing: there is none now
    bool ended = false;          ///< and none will come
  };
  Taken take();
  /// Waits until take() has news.
  void wait() const;

 private:
  mutable Mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<Feed> feeds_ GUARDED_BY(mutex_);
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  bool finished_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace koobatch::fleet
