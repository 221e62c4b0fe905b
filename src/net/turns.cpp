#include "koobatch/net/turns.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace koobatch::net {

Awaitable<void> Turns::next() {
  return asio::async_initiate<const UseAwaitable, void()>(
      [this](Waiting&& one) {
        // One event for all of them: posting each separately would cost as much as reading an answer.
        if (waiting_.empty()) asio::post(context_, [this] { resume_all(); });
        waiting_.push_back(std::move(one));
      },
      UseAwaitable{});
}

void Turns::resume_all() {
  // A coroutine that waits again meanwhile runs after the event loop's next iteration.
  std::swap(waiting_, resuming_);
  for (auto& one : resuming_) std::move(one)();
  resuming_.clear();
}

}  // namespace koobatch::net
