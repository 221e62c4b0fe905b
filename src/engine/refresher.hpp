#pragma once
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/refresh_token_file.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/koodrive/classifier.hpp"
#include "koobatch/koodrive/request.hpp"
#include "koobatch/koodrive/server_clock.hpp"
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_timer.hpp"
#include "koobatch/net/dialer.hpp"
#include "koobatch/net/session.hpp"
#include "koobatch/net/turns.hpp"

#include <memory>
#include <optional>
#include <random>
#include <string>

namespace koobatch::engine {

/// Obtains a new access token by the service's refresh call, over its own connection, which obeys the same rules as all
/// others. For use by one thread.
class Refresher {
 public:
  /// How a renewal ended. Neither renewed nor an error: it was stopped.
  struct Ending {
    bool renewed = false;
    bool by_owner = false;               ///< whether the owner had put a new token in place
    TimePoint asked{};                   ///< the earliest time from which the token's lifetime may count
    std::optional<Duration> lifetime{};  ///< if the service reported it
    std::optional<Error> error{};
  };

  Refresher(net::asio::io_context& context, const RunSettings& settings, flow::Pace& pace, koodrive::ClockProof& clock,
            auth::Credentials& credentials, net::asio::ssl::context* tls, auth::RefreshTokenFile file);

  /// Begins a renewal: forgets the state of earlier attempts.
  void begin();
  /// Tries once to renew the token in `credentials`, after first storing the new refresh token in its file if the
  /// service gives one. Nothing if that failed, but may succeed after a pause of next_pause().
  net::Awaitable<std::optional<Ending>> attempt();
  /// How long to wait after attempt() failed.
  Duration next_pause();
  /// Completes at `time`, or when stopped.
  net::Awaitable<void> sleep_until(TimePoint time);
  /// The error if attempt() failed and there is no time for another.
  Error outlasted() const;
  /// Cancels waits, but not a call in flight: its answer may hold the only valid token.
  void stop();
  /// Cancels a call in flight, too.
  void abandon();

 private:
  net::Awaitable<void> wait_for_permit();
  net::Awaitable<void> call(const auth::Secret& refresh_token);
  net::Awaitable<void> exchange(net::Session& session, const auth::Secret& refresh_token);
  void classify();
  std::optional<Ending> judge();
  std::optional<Ending> take_session();
  bool may_be_the_clock();
  Error refused() const;

  const RunSettings& settings_;
  flow::Pace& pace_;
  auth::Credentials& credentials_;
  auth::RefreshTokenFile file_;
  net::asio::io_context& context_;
  net::Timer sleep_;
  net::DeadlineTimer deadlines_;
  net::Turns turns_{context_};
  net::Dialer dialer_;
  koodrive::RequestRenderer renderer_;
  koodrive::ServerClock clock_;
  koodrive::Classifier classifier_{koodrive::Classifier::Quoting::no};
  std::mt19937_64 random_;
  std::unique_ptr<net::Session> session_;  ///< new for each call

  net::Exchange exchange_;
  koodrive::Outcome outcome_;
  TimePoint asked_;
  TimePoint answered_;
  koodrive::Dated dated_;
  koodrive::NodeClock node_;
  koodrive::ClockRepeats clock_repeats_;
  unsigned tries_ = 0;
  bool final_failure_ = false;  ///< trying again cannot help: a certificate was refused
  bool repeat_for_clock_ = false;
  bool maybe_spent_ = false;  ///< a call whose answer was lost may have been executed
  bool stopping_ = false;
};

}  // namespace koobatch::engine
