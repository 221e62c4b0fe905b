#include "engine/credential_policy.hpp"

#include "koobatch/flow/user_pace.hpp"

#include <cassert>

namespace koobatch::engine {
namespace {

/// How often acceptance of the credentials is reported.
constexpr Duration accepted_interval = std::chrono::seconds(1);

}  // namespace

SharedTokenPolicy::SharedTokenPolicy(const auth::Credentials& credentials, TokenRenewal& renewal)
    : credentials_(credentials),
      renewal_(renewal),
      header_(credentials.header()),
      former_secrets_(credentials.former_secrets()),
      version_(credentials.version()) {}

void SharedTokenPolicy::follow() {
  const auto version = credentials_.version();
  if (version == version_) return;
  version_ = version;
  header_ = credentials_.header();
  former_secrets_ = credentials_.former_secrets();
  tell_accepted_at_ = TimePoint::min();
}

void SharedTokenPolicy::equip(std::string_view, SentCredentials& sent) {
  follow();
  if (sent.header == header_) return;
  sent.header = header_;
  sent.secret = credentials_.secret_in(*header_);
}

CredentialPolicy::Ruling SharedTokenPolicy::refused(const RefusedRequest& request) {
  const bool again = request.corrected < max_corrected && renewal_.refused(request.sent.header, request.outcome);
  if (again) return {.action = Action::repeat};
  return {.action = Action::stop, .reason = renewal_.why_refused(request.sent.header, request.outcome)};
}

CredentialPolicy::Ruling SharedTokenPolicy::suspected(const RefusedRequest& request) {
  const bool again = request.corrected == 0 && renewal_.suspected(request.sent.header);
  return {.action = again ? Action::repeat : Action::believe};
}

void SharedTokenPolicy::accepted(const SentCredentials& sent, TimePoint now) {
  // Other credentials may have been accepted long ago.
  if (now < tell_accepted_at_ || sent.header != header_) return;
  tell_accepted_at_ = now + accepted_interval;
  renewal_.accepted(sent.header);
}

void AppSignaturePolicy::equip(std::string_view, SentCredentials& sent) {
  sent.header = header_;
}

CredentialPolicy::Ruling AppSignaturePolicy::refused(const RefusedRequest& request) {
  return {.action = Action::stop, .reason = SignatureRefused{request.x_date, request.outcome.said()}};
}

void UserTokensPolicy::equip(std::string_view user, SentCredentials& sent) {
  sent.header = credentials_.header(user);
  sent.secret = credentials_.secret_in(*sent.header);
}

/// Whether there is another token to try for the user of this request. A stopped user is not started again: later
/// operations on the same keys have been left out already.
bool UserTokensPolicy::may_help(const RefusedRequest& request) {
  return request.corrected < max_corrected && !stopped_.contains(flow::UserPace::hash(request.user)) &&
         credentials_.renew(request.sent.header, request.user);
}

CredentialPolicy::Ruling UserTokensPolicy::refused(const RefusedRequest& request) {
  if (may_help(request)) return {.action = Action::repeat};
  Ruling ruling{.action = Action::leave_out};
  ruling.stopped_users = stopped_.stop(flow::UserPace::hash(request.user));
  if (ruling.stopped_users != 0 && stopped_.hopeless()) {
    ruling.reason = EveryUserRefused{ruling.stopped_users, request.outcome.http, request.outcome.said(),
                                     credentials_.form(), credentials_.file()};
  }
  return ruling;
}

CredentialPolicy::Ruling UserTokensPolicy::suspected(const RefusedRequest& request) {
  return {.action = request.corrected == 0 && may_help(request) ? Action::repeat : Action::believe};
}

}  // namespace koobatch::engine
