#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/request.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// Renders requests for people: URL instead of path, no carriage returns, no token.
class RequestPreview {
 public:
  explicit RequestPreview(const engine::RunSettings& settings);

  /// Appends the first attempt of `operation`, as if it were sent at `now` in a segment with that trace prefix.
  void append(std::string& out, const koodrive::Operation& operation, WallTime now, std::uint32_t trace_prefix);

 private:
  http::Endpoint endpoint_;
  std::string authorization_;
  koodrive::RequestRenderer renderer_;
  bool ask_quota_;  ///< in the next request
  http::Request request_;
};

/// Prints every request of a validated job to standard output and returns their number. Sends nothing, writes no
/// report.
Result<std::uint64_t> dry_run(const engine::RunSettings& settings);

}  // namespace koobatch::cli
