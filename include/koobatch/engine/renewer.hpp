#pragma once
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/renewal.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/refresher.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/server_clock.hpp"
#include "koobatch/net/asio.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace koobatch::engine {

/// Renews the credentials of a run, once for all workers, on a thread of its own: nobody else waits for a file, a
/// program or the service's answer. While it does, the pace is held.
class Renewer {
 public:
  struct Parts {
    const RunSettings& settings;
    flow::Pace& pace;
    flow::ClockProof& clock;
    auth::Credentials& credentials;
    net::asio::ssl::context* tls;        ///< null: plain TCP
    std::function<void(Error)> abort;    ///< the run cannot go on
    std::function<void()> pace_changed;  ///< every worker should ask the pace again
    std::optional<auth::RefreshTokenFile> refresh_token_file;
  };

  explicit Renewer(Parts parts);
  ~Renewer();  ///< stops

  void start();
  /// Begins nothing more. What must not be cut off, the answer to a refresh, may come for a while. Joins.
  void stop();

  // From any thread, with what a request was sent with and what came of it:
  /// 401. True: it is to be repeated; nothing leaves before there are new credentials. False: those were refused too,
  /// or there are none; why_refused() is why the run cannot go on.
  bool refused(const auth::Credentials::Header& sent, const flow::Outcome& outcome);
  /// The same for an answer that may have been about the credentials. False: it is to be taken at its word.
  bool suspected(const auth::Credentials::Header& sent);
  /// The service took the credentials. Not needed for every request: once a second is enough.
  void accepted(const auth::Credentials::Header& sent);
  /// New tokens that were taken into use.
  std::uint64_t renewals() const { return renewals_.load(std::memory_order_relaxed); }
  Error why_refused(const auth::Credentials::Header& sent, const flow::Outcome& outcome) const;

 private:
  net::Awaitable<void> run();
  net::Awaitable<Refresher::Ending> obtain();
  net::Awaitable<void> sleep();
  bool begins();
  bool conclude(const Refresher::Ending& ending);
  void watch_file();
  bool in_use(const auth::Credentials::Header& header) const;
  void hold();
  void release();

  Parts parts_;
  std::mutex mutex_;
  auth::Renewal policy_;
  std::atomic<std::uint64_t> renewals_{0};
  std::optional<Error> refusal_;  ///< what a renewal that changes nothing means
  net::asio::io_context context_{1};
  net::Timer timer_{context_};
  std::optional<Refresher> refresher_;
  net::Timer last_answer_{context_};  ///< when the run is over and a call is not
  bool ended_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace koobatch::engine
