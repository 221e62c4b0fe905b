#pragma once
#include "koobatch/net/asio.hpp"

#include <vector>

namespace koobatch::net {

/// Resumes waiting coroutines of one thread in rounds: one after the other, once the event loop has completed an
/// iteration. For use on the thread of the io_context, which must outlive it; it must outlive the waiting coroutines.
class Turns {
 public:
  explicit Turns(asio::io_context& context) : context_(context) {}

  /// Completes in the next round.
  Awaitable<void> next();

 private:
  using Waiting = asio::async_result<UseAwaitable, void()>::handler_type;

  void resume_all();

  asio::io_context& context_;
  std::vector<Waiting> waiting_;
  std::vector<Waiting> resuming_;  ///< empty outside resume_all(); kept for its capacity
};

}  // namespace koobatch::net
