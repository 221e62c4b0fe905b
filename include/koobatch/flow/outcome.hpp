#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::flow {

/// How far an exchange came on the wire.
enum class Delivery : std::uint8_t {
  answered,  ///< a complete HTTP answer was read
  not_sent,  ///< no byte of the request can have reached the service
  stale,     ///< a reused connection was closed before any byte of an answer
  lost,      ///< sent, and no complete answer came: reset, timeout, unreadable HTTP
};

/// One exchange as net hands it over. The strings keep their memory from one exchange to the next.
struct Answer {
  Delivery delivery = Delivery::not_sent;
  int http = 0;  ///< status, when answered
  std::string body;
  std::string retry_after;  ///< header value; empty: absent
  std::string location;     ///< header value; empty: absent
  std::string date;         ///< header value; empty: absent
  std::string error;        ///< why there is no answer, for people

  void clear() {
    delivery = Delivery::not_sent;
    http = 0;
    body.clear();
    retry_after.clear();
    location.clear();
    date.clear();
    error.clear();
  }
};

/// What an attempt means for its operation.
enum class Verdict : std::uint8_t {
  succeeded,     ///< final
  rejected,      ///< final: the service refused it for good
  undecidable,   ///< final: answered, but not in a way that tells what happened
  throttled,     ///< not applied; wait, then again; not counted against the attempts
  not_applied,   ///< certainly not applied; again
  unclear,       ///< may have been applied; again if idempotent
  stale,         ///< as unclear, but once at once on a fresh connection, not counted
  unauthorized,  ///< not applied; the credentials were refused
  suspicious,    ///< not applied; refused without a documented code, so perhaps because of the credentials
  repeat,        ///< not applied, and the cause was mended (credentials, clock): again at once, not counted
};

struct Outcome {
  Verdict verdict = Verdict::unclear;
  int http = 0;  ///< 0: no answer
  std::optional<std::int64_t> code;
  std::string msg;                      ///< the service's words, at most 512 bytes of UTF-8; empty: none
  std::string error;                    ///< why there is no (readable) answer; empty if there is one
  std::optional<Duration> retry_after;  ///< as asked for by the service, capped
  bool user_only = false;               ///< the throttling is about this operation's user, not about everybody
  bool close = false;                   ///< the connection cannot be trusted any more

  /// Does this attempt speak for a service that is up?
  bool service_up() const { return http != 0 && (http < 500 || http == 503); }

  /// ": " and the service's words, to follow the status in a message; empty if there are none.
  std::string said() const { return msg.empty() ? msg : ": " + msg; }

  void clear() {
    verdict = Verdict::unclear;
    http = 0;
    code.reset();
    msg.clear();
    error.clear();
    retry_after.reset();
    user_only = close = false;
  }
};

}  // namespace koobatch::flow
