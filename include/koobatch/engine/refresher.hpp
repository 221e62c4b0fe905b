#pragma once
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/refresh_token_file.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/classify.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/server_clock.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/connection.hpp"
#include "koobatch/net/deadline_queue.hpp"
#include "koobatch/net/request.hpp"

#include <functional>
#include <optional>
#include <random>
#include <string>

namespace koobatch::engine {

/// Gets a new access token by the service's own call, over a connection of its own that keeps the same rules as all
/// others. On one thread.
class Refresher {
 public:
  /// May it be tried again at that time?
  using Patience = std::function<bool(TimePoint now, TimePoint again)>;
  /// How it ended. Neither renewed nor an error: it was stopped.
  struct Ending {
    bool renewed = false;
    bool by_owner = false;               ///< the token was found where its owner had put it
    TimePoint asked{};                   ///< the token lives from then on, at least
    std::optional<Duration> lifetime{};  ///< if it was said
    std::optional<Error> error{};
  };

  Refresher(net::asio::io_context& context, const RunSettings& settings, flow::Pace& pace, flow::ClockProof& clock,
            auth::Credentials& credentials, net::asio::ssl::context* tls, auth::RefreshTokenFile file);

  /// Renews the token in `credentials`, and the refresh token in its file first if the service gives another. Tries
  /// again after failures that may pass, as long as `patience` allows.
  net::Awaitable<Ending> refresh(const Patience& patience);
  /// Ends what is waited for, but not a call under way: its answer may hold the only token that is valid.
  void stop();
  /// Ends that, too.
  void abandon();

 private:
  void arm_timer();
  net::Awaitable<void> sleep_until(TimePoint time);
  net::Awaitable<void> wait_for_permit();
  net::Awaitable<void> call(const auth::Secret& refresh_token);
  net::Awaitable<void> exchange(net::Connection& connection, const auth::Secret& refresh_token);
  void classify();
  std::optional<Ending> judge();
  std::optional<Ending> take_session();
  Duration pause(unsigned tries);
  bool mend_clock();
  Error refused() const;
  Error outlasted() const;

  const RunSettings& settings_;
  flow::Pace& pace_;
  auth::Credentials& credentials_;
  auth::RefreshTokenFile file_;
  net::asio::io_context& context_;
  net::Timer sleep_;
  net::Timer timer_;
  net::DeadlineQueue deadlines_;
  net::Turns turns_{context_};
  net::Dialer dialer_;
  net::RequestRenderer renderer_;
  flow::ServerClock clock_;
  flow::Classifier classifier_;
  std::mt19937_64 random_;
  net::Connection* connection_ = nullptr;  ///< while a call is under way

  flow::Answer answer_;
  flow::Outcome outcome_;
  TimePoint asked_;
  WallTime x_date_;
  bool final_failure_ = false;  ///< trying again cannot help: certificates
  bool clock_mended_ = false;
  bool maybe_spent_ = false;  ///< a call whose answer was lost may have been carried out
  bool stopping_ = false;
};

}  // namespace koobatch::engine
