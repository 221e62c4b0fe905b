#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace koobatch {

/// The outcome of one attempt, as recorded in a result's `history`.
struct AttemptRecord {
  std::uint8_t attempt = 0;  ///< the number in its trace ID
  int http = 0;              ///< 0: no answer
  std::optional<std::int64_t> code;
  std::string error;  ///< why there is no (readable) answer; empty if there is one
  WallTime at;        ///< when it ended
  Duration latency{};
};

}  // namespace koobatch
