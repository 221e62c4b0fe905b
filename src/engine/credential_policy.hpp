#pragma once
#include "engine/stop_reason.hpp"
#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/user_credentials.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/stopped_users.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace koobatch::engine {

/// What one request carried, kept until its answer is judged.
struct SentCredentials {
  auth::Header header;
  std::string_view secret;  ///< within `header`, or the signature within the request: must be masked
};

/// A request whose credentials were, or may have been, refused.
struct RefusedRequest {
  const SentCredentials& sent;
  std::string_view user;
  const koodrive::Outcome& outcome;
  WallTime x_date;
  unsigned corrected = 0;  ///< how often its operation was repeated because credentials were corrected
};

/// Obtains another token for all users. Safe to call from any thread.
class TokenRenewal {
 public:
  virtual ~TokenRenewal() = default;
  /// Reports a 401. Returns whether to repeat the request: nothing is sent until there are new credentials. False:
  /// those were refused too, or there are none.
  virtual bool refused(const auth::Header& sent, const koodrive::Outcome& outcome) = 0;
  /// Reports an answer that may have been about the credentials. Returns whether to repeat the request; if not, the
  /// answer is taken at face value.
  virtual bool suspected(const auth::Header& sent) = 0;
  /// Reports that the service accepted the credentials. Once a second is enough.
  virtual void accepted(const auth::Header& sent) = 0;
  /// Why the run cannot continue. Precondition: refused() returned false.
  virtual CredentialsRefused why_refused(const auth::Header& sent, const koodrive::Outcome& outcome) const = 0;
};

/// Determines what requests carry, and what a refusal by the service means. There is one implementation for each kind
/// of credentials, so that no other code distinguishes them. Each is used by one thread, but may share its parts. No
/// I/O of its own.
class CredentialPolicy {
 public:
  /// The maximum number of repeats of an operation because its credentials were corrected.
  static constexpr unsigned max_corrected = 2;

  enum class Action : std::uint8_t {
    repeat,     ///< other credentials are available or being obtained: repeated, without counting as an attempt
    believe,    ///< the answer is taken at face value
    leave_out,  ///< the operation remains without a result: its user is stopped
    stop,       ///< the run cannot continue, and nothing may be sent until all threads know
  };
  struct Ruling {
    Action action = Action::believe;
    std::optional<StopReason> reason{};  ///< for `stop`; for `leave_out` if that ends the run
    std::size_t stopped_users = 0;  ///< for `leave_out`: how many users are stopped, if this call stopped one; else 0
  };

  virtual ~CredentialPolicy() = default;
  /// Stores in `sent` what a request for `user` must carry.
  virtual void equip(std::string_view user, SentCredentials& sent) = 0;
  /// Handles HTTP 401.
  virtual Ruling refused(const RefusedRequest& request) = 0;
  /// Handles a refusal without a documented code, which may be due to the credentials.
  virtual Ruling suspected(const RefusedRequest& request) = 0;
  /// Reports that the service itself answered, and so accepted the credentials.
  virtual void accepted(const SentCredentials& sent, TimePoint now) = 0;
  /// Further secrets to mask: those in use before.
  virtual std::span<const auth::Secret> former_secrets() const = 0;
  /// Where a user's token is, for messages; empty if users have no tokens of their own.
  virtual std::string place_of(std::string_view user) const = 0;
};

/// One token for all users, which may be renewed.
class SharedTokenPolicy final : public CredentialPolicy {
 public:
  SharedTokenPolicy(const auth::Credentials& credentials, TokenRenewal& renewal);

  void equip(std::string_view user, SentCredentials& sent) override;
  Ruling refused(const RefusedRequest& request) override;
  Ruling suspected(const RefusedRequest& request) override;
  void accepted(const SentCredentials& sent, TimePoint now) override;
  std::span<const auth::Secret> former_secrets() const override { return *former_secrets_; }
  std::string place_of(std::string_view) const override { return {}; }

 private:
  void follow();

  const auth::Credentials& credentials_;
  TokenRenewal& renewal_;
  auth::Header header_;
  auth::Credentials::Secrets former_secrets_;
  std::uint64_t version_;  ///< of the two members before
  TimePoint tell_accepted_at_ = TimePoint::min();
};

/// The signature of an app, made for each request: there is nothing to renew.
class AppSignaturePolicy final : public CredentialPolicy {
 public:
  explicit AppSignaturePolicy(const auth::Credentials& credentials) : header_(credentials.header()) {}

  void equip(std::string_view user, SentCredentials& sent) override;
  Ruling refused(const RefusedRequest& request) override;
  Ruling suspected(const RefusedRequest&) override { return {}; }
  void accepted(const SentCredentials&, TimePoint) override {}
  std::span<const auth::Secret> former_secrets() const override { return {}; }
  std::string place_of(std::string_view) const override { return {}; }

 private:
  auth::Header header_;  ///< not sent
};

/// A token for each user: a refused one stops only its user.
class UserTokensPolicy final : public CredentialPolicy {
 public:
  UserTokensPolicy(auth::UserCredentials& credentials, flow::StoppedUsers& stopped)
      : credentials_(credentials), stopped_(stopped) {}

  void equip(std::string_view user, SentCredentials& sent) override;
  Ruling refused(const RefusedRequest& request) override;
  Ruling suspected(const RefusedRequest& request) override;
  void accepted(const SentCredentials&, TimePoint) override { stopped_.accepted(); }
  std::span<const auth::Secret> former_secrets() const override { return {}; }
  std::string place_of(std::string_view user) const override { return credentials_.place_of(user); }

 private:
  bool may_help(const RefusedRequest& request);

  auth::UserCredentials& credentials_;
  flow::StoppedUsers& stopped_;
};

}  // namespace koobatch::engine
