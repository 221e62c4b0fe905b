#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::flow {

/// How many operations may end unsuccessfully (rejected, failed or unknown) before the run is stopped.
class ErrorLimit {
 public:
  /// A share is not evaluated before this many operations have finished: the first few say nothing.
  static constexpr std::uint64_t least_sample = 100;

  ErrorLimit() = default;  ///< no limit
  /// "20": more than 20; "2.5%": more than that share of the finished operations. A usage error says what is wrong.
  static Result<ErrorLimit> parse(std::string_view text);

  bool exceeded(std::uint64_t errors, std::uint64_t finished) const;
  /// The text it was parsed from; empty: no limit.
  const std::string& text() const { return text_; }

 private:
  enum class Kind : std::uint8_t { none, count, share };

  std::string text_;
  Kind kind_ = Kind::none;
  double limit_ = 0;  ///< operations, or percent
};

}  // namespace koobatch::flow
