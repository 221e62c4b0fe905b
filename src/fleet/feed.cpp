#include "fleet/feed.hpp"

#include <utility>

namespace koobatch::fleet {

void FeedQueue::add(Feed feed) {
  const MutexLock lock(mutex_);
  waiting_ += feed.operations.lines.size();
  feeds_.push_back(std::move(feed));
  changed_.notify_all();
}

void FeedQueue::finish() {
  const MutexLock lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void FeedQueue::stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::size_t FeedQueue::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

bool FeedQueue::stopped() const {
  const MutexLock lock(mutex_);
  return stopped_;
}

FeedQueue::Taken FeedQueue::take() {
  const MutexLock lock(mutex_);
  if (stopped_) return {.ended = true};
  if (feeds_.empty()) return {.ended = finished_};
  Taken taken{.feed = std::move(feeds_.front())};
  feeds_.pop_front();
  waiting_ -= taken.feed->operations.lines.size();
  return taken;
}

void FeedQueue::wait() const {
  MutexLock lock(mutex_);
  while (feeds_.empty() && !finished_ && !stopped_) lock.wait(changed_);
}

}  // namespace koobatch::fleet
