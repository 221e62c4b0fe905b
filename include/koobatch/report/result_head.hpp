#pragma once
#include "koobatch/core/status.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace koobatch::report {

/// What a `result` line says first.
struct ResultHead {
  std::uint32_t line = 0;
  Status status = Status::unknown;
};

/// The beginning of `line`, which append_line() wrote, without decoding the rest. Nothing if it is not a result.
std::optional<ResultHead> read_result_head(std::string_view line);

}  // namespace koobatch::report
