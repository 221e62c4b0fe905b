#include "engine/inbox.hpp"

#include <utility>

namespace koobatch::engine {

bool Inbox::push(Batch& batch, std::size_t& count) {
  {
    MutexLock lock(mutex_);
    while (full_.size() >= capacity && !refused_) lock.wait(room_);
    if (refused_) return false;
    full_.push_back({std::move(batch), std::exchange(count, 0)});
    paused_.store(false, std::memory_order_release);
    news_.store(true, std::memory_order_release);
    batch = {};
    if (!used_.empty()) {
      batch = std::move(used_.back());
      used_.pop_back();
    }
    if (full_.size() > 1) return true;
  }
  owner_.input_arrived();
  return true;
}

void Inbox::pause() {
  paused_.store(true, std::memory_order_release);
  owner_.input_arrived();
}

void Inbox::close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    news_.store(true, std::memory_order_release);
  }
  owner_.input_arrived();
}

bool Inbox::pop(Delivery& delivery, bool& closed) {
  const MutexLock lock(mutex_);
  closed = full_.empty() && closed_;
  if (full_.empty()) {
    news_.store(false, std::memory_order_release);
    return false;
  }
  delivery = std::move(full_.front());
  full_.pop_front();
  news_.store(!full_.empty() || closed_, std::memory_order_release);
  room_.notify_one();
  return true;
}

void Inbox::recycle(Batch batch) {
  const MutexLock lock(mutex_);
  used_.push_back(std::move(batch));
}

void Inbox::refuse() {
  const MutexLock lock(mutex_);
  refused_ = true;
  room_.notify_all();
}

}  // namespace koobatch::engine
