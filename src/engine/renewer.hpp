#pragma once
#include "engine/credential_policy.hpp"
#include "engine/refresher.hpp"
#include "engine/run_events.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/renewal.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/koodrive/server_clock.hpp"
#include "koobatch/net/asio.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace koobatch::engine {

/// Renews the credentials of a run, once for all workers, on its own thread, so that no worker waits for a file, a
/// program or the service's answer. Meanwhile the pace is held.
class Renewer final : public TokenRenewal {
 public:
  struct Parts {
    const RunSettings& settings;
    flow::Pace& pace;
    koodrive::ClockProof& clock;
    auth::Credentials& credentials;
    net::asio::ssl::context* tls;  ///< null: plain TCP
    RunEvents& events;
    std::unique_ptr<auth::RefreshTokenFile> refresh_token_file;  ///< null: the service is not asked for tokens
  };

  explicit Renewer(Parts parts);
  ~Renewer() override;  ///< stops

  void start();
  /// Begins nothing more. The answer to a refresh, which must not be cut off, may take a while. Joins the thread.
  void stop();

  // From any thread:
  bool refused(const auth::Header& sent, const koodrive::Outcome& outcome) override;
  bool suspected(const auth::Header& sent) override;
  void accepted(const auth::Header& sent) override;
  CredentialsRefused why_refused(const auth::Header& sent, const koodrive::Outcome& outcome) const override;
  /// How many new tokens were taken into use.
  std::uint64_t renewals() const { return renewals_.load(std::memory_order_relaxed); }

 private:
  net::Awaitable<void> run();
  net::Awaitable<Refresher::Ending> obtain();
  net::Awaitable<Refresher::Ending> ask_service();
  bool may_retry(TimePoint now, TimePoint again);
  net::Awaitable<void> sleep();
  bool begins();
  bool conclude(const Refresher::Ending& ending);
  void watch_file();
  bool in_use(const auth::Header& header) const;
  void hold() REQUIRES(mutex_);
  void release() REQUIRES(mutex_);

  Parts parts_;
  Mutex mutex_;
  auth::Renewal policy_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> renewals_{0};
  std::optional<CredentialsRefused> refusal_ GUARDED_BY(mutex_);  ///< the error if a renewal changes nothing
  net::asio::io_context context_{1};
  net::Timer timer_{context_};
  std::optional<Refresher> refresher_;
  net::Timer last_answer_{context_};  ///< limits a call in flight once the run is over
  bool ended_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace koobatch::engine
