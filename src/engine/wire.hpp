#pragma once
#include "koobatch/engine/settings.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_timer.hpp"
#include "koobatch/net/dialer.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/net/turns.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <thread>
#include <utility>

namespace koobatch::engine {

/// How a run's connections reach the service. `tls` (null: plain TCP), `deadlines` and `turns` must outlive the dialer.
net::Dialer make_dialer(const RunSettings& settings, net::asio::ssl::context* tls, net::DeadlineTimer& deadlines,
                        net::Turns& turns);

/// Starts the thread on which Asio resolves the names for an event loop. Otherwise the first look-up would start it, in
/// a coroutine, where a failure to start a thread would end the process. Throws std::system_error.
void start_resolver(net::asio::io_context& context);

/// A worker's thread, its event loop, and what its connections share.
class Wire {
 public:
  Wire(const RunSettings& settings, net::asio::ssl::context* tls)
      : dialer_(make_dialer(settings, tls, deadlines_, turns_)) {}
  ~Wire() { join(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  net::asio::io_context& context() { return context_; }
  net::DeadlineTimer& deadlines() { return deadlines_; }
  net::Dialer& dialer() { return dialer_; }

  /// Runs `work`, which calls run(), on the thread. To be called once. Throws std::system_error if the system allows no
  /// further thread.
  template <class Work>
  void start(Work work) {
    start_resolver(context_);
    thread_ = std::thread(std::move(work));
  }
  /// Runs the event loop until finish() was called and everything in the loop is done.
  void run() { context_.run(); }
  void finish() {
    deadlines_.stop();
    work_.reset();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  // Other threads only post work. Sockets are used on the loop's own thread alone, so they need no locks.
  net::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  net::asio::executor_work_guard<net::Executor> work_{context_.get_executor()};
  net::DeadlineTimer deadlines_{context_};
  net::Turns turns_{context_};
  net::Dialer dialer_;
  std::thread thread_;
};

}  // namespace koobatch::engine
