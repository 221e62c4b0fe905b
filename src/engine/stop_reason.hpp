#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace koobatch::engine {

struct RunSettings;

// Why a run stops before its job is done, as data. Only describe() puts it into words.

/// The service refused the one token that all requests carry, and no other is available.
struct CredentialsRefused {
  std::string source;  ///< where the token comes from: "--token-file tokens/ops"
  std::string form;    ///< the header as sent, with {token} in the token's place
  std::string said;    ///< Outcome::said()
};
/// The service refused the app's signature.
struct SignatureRefused {
  WallTime x_date;  ///< of the refused request
  std::string said;
};
/// The credentials could not be renewed.
struct RenewalFailed {
  Error cause;
};
/// The service refused the tokens of many users and accepted none.
struct EveryUserRefused {
  std::size_t users = 0;
  int http = 0;
  std::string said;
  std::string form;
  std::string tokens_file;
};
/// So many users are refused that the operations held back because of them can no longer be tracked.
struct TooManyUsersRefused {
  std::size_t users = 0;
  std::size_t most_keys = 0;
  std::string tokens_file;
};
/// The run is over, but operations of refused users, and later ones on their keys, remain without a result.
struct UsersLeftOut {
  std::size_t users = 0;
  std::uint64_t of_stopped = 0;
  std::uint64_t of_others = 0;
  std::string tokens_file;
};
/// No attempt was answered for longer than the user allows.
struct OutageTooLong {
  std::string last_failure;  ///< empty: there was no answer at all
};
/// More operations did not succeed than the user allows.
struct TooManyErrors {
  std::uint64_t errors = 0;
  std::uint64_t finished = 0;
  std::uint64_t held = 0;   ///< of these, refused alike and without a result yet
  std::string held_answer;  ///< the answer to them
};
/// The first operations of the run were all rejected with the same answer.
struct FirstRejectedAlike {
  std::size_t sample = 0;
  std::string answer;
};
/// Many operations in a row were refused alike, without a code that the service documents.
struct RefusedAlike {
  std::size_t count = 0;
  std::size_t recorded = 0;  ///< of these, recorded as rejected before the streak was noticed
  std::string answer;        ///< to the last of them
  std::string leads_to{};    ///< of a redirect: Outcome::leads_to
};
/// The service cannot be reached at all: a certificate was refused, or no common TLS version exists.
struct Unreachable {
  std::string cause;
};
/// The job could not be read to its end as validated.
struct JobUnusable {
  Error cause;
};
/// The report could not be written.
struct ReportUnusable {
  Error cause;
};
/// A bug.
struct InternalError {
  std::string where;
  std::string what;
};

using StopReason = std::variant<CredentialsRefused, SignatureRefused, RenewalFailed, EveryUserRefused,
                                TooManyUsersRefused, UsersLeftOut, OutageTooLong, TooManyErrors, FirstRejectedAlike,
                                RefusedAlike, Unreachable, JobUnusable, ReportUnusable, InternalError>;

/// Whether the run may turn out to be finished: the result of an operation gave the reason, so it may have been the
/// last one, or the requests still in flight are the last. For any other reason, something is left to resume.
bool may_leave_nothing(const StopReason& reason);
/// For such a reason, once it is certain that `remaining` operations are left: the part of the advice that was too
/// early at the stop. `step`: what describe() advises.
std::string advise_on_rest(const StopReason& reason, const NextStep& step, std::uint64_t remaining);

/// A message about the reason: what happened, and what to do about it. `remaining`: whether any operation has no result
/// yet, so that the run can be resumed.
Error describe(const StopReason& reason, const RunSettings& settings, bool remaining = true);

}  // namespace koobatch::engine
