#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/declared_quota.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// What an attempt means for its operation.
enum class Verdict : std::uint8_t {
  succeeded,     ///< final
  rejected,      ///< final: the service refused it for good
  undecidable,   ///< final: answered, but not in a way that tells what happened
  throttled,     ///< not applied; wait, then again; not counted against the attempts
  not_applied,   ///< certainly not applied; again
  refused,       ///< certainly not applied, as the connection ended before it was read; again at once, not counted
  unclear,       ///< may have been applied; again if idempotent
  stale,         ///< as unclear, but once at once on a fresh connection, not counted
  unauthorized,  ///< not applied; the credentials were refused
  suspicious,    ///< not applied; refused without a documented code, so perhaps because of the credentials
  repeat,        ///< not applied, and the cause was corrected (credentials, clock): again at once, not counted
};

struct Outcome {
  Verdict verdict = Verdict::unclear;
  int http = 0;  ///< 0: no answer
  std::optional<std::int64_t> code;
  std::string msg;    ///< the service's words, at most 512 bytes of UTF-8; empty: none
  std::string error;  ///< why there is no (readable) answer; empty if there is one
  /// What came in place of JSON: content type, and title or first characters, for people; empty: nothing to tell of.
  std::string page;
  std::optional<Duration> retry_after;  ///< as asked for by the service, capped
  DeclaredQuotas quotas;                ///< what the service said of its limits, whatever became of the request
  bool user_only = false;               ///< the throttling is about this operation's user, not about everybody
  bool close = false;                   ///< the connection cannot be trusted any more
  /// Cannot be the service's: a login page, a firewall, or whatever else answers in its place. Proves nothing.
  bool foreign = false;
  bool garbled = false;  ///< what arrived as the answer is not complete and valid HTTP
  /// Of a redirect to an absolute URL: scheme, host and port of its target ("https://host"), as --endpoint names a
  /// service; empty: there is none.
  std::string leads_to;
  bool companion = false;  ///< failed for the same cause as another attempt, which speaks for both

  /// Does this attempt speak for a service that is up?
  bool service_up() const { return http != 0 && !foreign && (http < 500 || http == 503); }

  /// ": " and the service's words, to follow the status in a message; empty if there are none.
  std::string said() const {
    const std::string& words = msg.empty() ? page : msg;
    return words.empty() ? words : ": " + words;
  }

  void clear() {
    verdict = Verdict::unclear;
    http = 0;
    code.reset();
    msg.clear();
    error.clear();
    page.clear();
    retry_after.reset();
    quotas.clear();
    user_only = close = foreign = garbled = companion = false;
    leads_to.clear();
  }
};

/// What came of an attempt that failed or was refused, for people: "HTTP 403, text/html, 'Access denied'",
/// "HTTP 400, code 13000405: name already used", "connection refused".
std::string describe(const Outcome& outcome);

}  // namespace koobatch::koodrive
