#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/http/answer.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace koobatch::koodrive {

/// The longest wait a Retry-After can ask for.
constexpr Duration max_retry_after = std::chrono::minutes(5);

/// The wait that a Retry-After header asks for: seconds or an HTTP date (RFC 9110, 10.2.3), at least 0, at most
/// max_retry_after. Seconds may have a decimal part, which is rounded up. Nothing if it is neither. `now`: by the clock
/// that the date was written by.
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

/// Whether only the service itself, having accepted the credentials, can have answered so: a success, or a documented
/// refusal of the operation. Throttling, server errors, pages and gateways' codes come from whatever stands before it.
bool proves_service(const Outcome& outcome);

/// What the success of an operation looks like.
struct Expected {
  std::string_view id{};                          ///< which the answer must name, if it names any; empty: none
  std::string_view id_member = "id";              ///< the member that carries it
  std::span<const std::uint16_t> success_http{};  ///< the statuses; empty: 200
  std::int64_t success_code = 0;                  ///< the `code`
  bool may_lack_code = false;                     ///< whether a success need not have one

  Expected() = default;
  /// The usual success, with an identifier.
  Expected(std::string_view expected_id) : id(expected_id) {}
  Expected(const char* expected_id) : id(expected_id) {}
  explicit Expected(const Operation& operation);
  /// A reading: nothing but the usual success, with or without a code.
  static Expected reading();

  bool is_usual() const { return success_http.empty() && success_code == 0 && !may_lack_code; }
  bool succeeds_with(int http) const;
};

/// Turns answers and wire errors into outcomes. Holds a JSON parser, so one per thread.
class Classifier {
 public:
  /// Whether an answer that cannot be read is quoted in what is said about it. Not if it may hold a new secret, which
  /// nobody could mask.
  enum class Quoting : bool { no, yes };

  explicit Classifier(Quoting quoting = Quoting::yes);
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  /// Replaces `out`. `answer.body` is given JSON padding, hence not const. `now` is our own clock, for a Retry-After
  /// that is a date in an answer without one. The HTTP status is judged before `code`; which 2xx answers cannot be the
  /// service's: see is_foreign(). `secret`, which the request carried, and `former` ones are shown as `***` in whatever
  /// `out` says, should the answer echo them.
  void classify(http::Answer& answer, const Expected& expected, WallTime now, Outcome& out,
                std::string_view secret = {}, std::span<const auth::Secret> former = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::koodrive
