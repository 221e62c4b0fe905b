#pragma once
#include "koobatch/core/clock.hpp"

#include <optional>
#include <string>

namespace koobatch::flow {

/// A change in how fast a run may go, and its reason.
struct PaceEvent {
  enum class Kind {
    cut,          ///< the service throttled: the rate is now `to`, and was `from` (nothing: unlimited)
    paused,       ///< the service asked all clients to wait for `wait`
    user_cut,     ///< like `cut`, for one user
    user_paused,  ///< like `paused`, for one user
    down,         ///< the service does not answer: only probes are sent
    up,           ///< it answers again
  };
  Kind kind;
  std::optional<double> from = {};
  double to = 0;
  Duration wait = {};     ///< for `up`: how long it was down
  int http = 0;           ///< the HTTP status that was the reason; 0: none
  std::string why = {};   ///< for `down`: a message describing the last attempt's outcome
  bool foreign = false;   ///< for `down`: Outcome::foreign of that attempt
  bool garbled = false;   ///< for `down`: Outcome::garbled of that attempt
  bool declared = false;  ///< for a cut: the service declared the limit, and refused nothing
  bool minor = false;     ///< not worth a warning: a repeated change for one user, or one of many users
};
/// A message: "the service throttles (HTTP 429): at most 140/s from now on (before: 200/s)".
std::string describe(const PaceEvent& event);

}  // namespace koobatch::flow
