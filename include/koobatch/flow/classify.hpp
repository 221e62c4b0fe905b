#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/outcome.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace koobatch::flow {

/// The longest wait a Retry-After can ask for.
constexpr Duration max_retry_after = std::chrono::minutes(5);

/// The wait that a Retry-After header asks for: seconds or an HTTP date (RFC 9110, 10.2.3), at least 0, at most
/// max_retry_after. Nothing if it is neither. `now` by the clock of whoever wrote the date.
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

/// Is `code` one of the service's documented refusals, which no retry can help?
bool is_documented_refusal(std::int64_t code);

/// Turns answers and wire errors into outcomes. Holds a JSON parser, so one per thread.
class Classifier {
 public:
  Classifier();
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  /// Replaces `out`. `answer.body` is given JSON padding, hence not const. `expected_id`: the identifier that an `id`
  /// in the answer must equal; empty if the operation's answer carries none. `now` is our own clock, for a Retry-After
  /// that is a date in an answer without one. The HTTP status is judged before `code`. `secret`, which the
  /// request carried, and `former` ones are shown as `***` in whatever `out` says, should the answer echo them.
  void classify(Answer& answer, std::string_view expected_id, WallTime now, Outcome& out, std::string_view secret = {},
                std::span<const auth::Secret> former = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::flow
