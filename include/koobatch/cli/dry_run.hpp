#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/operation.hpp"
#include "koobatch/net/request.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// Shows requests as they would be sent: URL instead of path, no carriage returns, no token.
class RequestPreview {
 public:
  explicit RequestPreview(const engine::RunSettings& settings);

  /// Appends the first attempt of `operation`, as if it were sent at `now` in a segment with that trace prefix.
  void append(std::string& out, const job::Operation& operation, WallTime now, std::uint32_t trace_prefix);

 private:
  net::Endpoint endpoint_;
  std::string authorization_;
  net::RequestRenderer renderer_;
  std::string request_;
};

/// Prints every request of a validated job to standard output. Sends nothing, writes no report. Returns how many.
Result<std::uint64_t> dry_run(const engine::RunSettings& settings);

}  // namespace koobatch::cli
