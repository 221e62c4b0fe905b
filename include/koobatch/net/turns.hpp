#pragma once
#include "koobatch/net/asio.hpp"

#include <vector>

namespace koobatch::net {

/// Lets the coroutines of one thread take turns: those that wait go on one after the other, once the event loop has
/// been round. All on the thread of the io_context, which this must not outlive; it must outlive those that wait.
class Turns {
 public:
  explicit Turns(asio::io_context& context) : context_(context) {}

  /// Ends when it is the caller's turn.
  Awaitable<void> next();

 private:
  using Waiting = asio::async_result<UseAwaitable, void()>::handler_type;

  void go_on();

  asio::io_context& context_;
  std::vector<Waiting> waiting_;
  std::vector<Waiting> going_on_;  ///< empty outside go_on(); kept for its memory
};

}  // namespace koobatch::net
