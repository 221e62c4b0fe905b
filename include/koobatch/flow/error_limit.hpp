#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::flow {

/// How many operations may end badly (rejected, failed or unknown) before the run is stopped.
class ErrorLimit {
 public:
  /// A share is not judged before so many operations are finished: the first few say nothing.
  static constexpr std::uint64_t least_sample = 100;

  ErrorLimit() = default;  ///< none
  /// "20": more than 20; "2.5%": more than that share of the finished ones. Errors (usage) say what is wrong.
  static Result<ErrorLimit> parse(std::string_view text);

  bool exceeded(std::uint64_t errors, std::uint64_t finished) const;
  /// As it was given; empty: none.
  const std::string& text() const { return text_; }

 private:
  enum class Kind : std::uint8_t { none, count, share };

  std::string text_;
  Kind kind_ = Kind::none;
  double limit_ = 0;  ///< operations, or per cent
};

}  // namespace koobatch::flow
