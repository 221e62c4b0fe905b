#include "koobatch/flow/error_limit.hpp"

#include <charconv>

namespace koobatch::flow {

Result<ErrorLimit> ErrorLimit::parse(std::string_view text) {
  const bool share = text.ends_with('%');
  const std::string_view digits = text.substr(0, text.size() - (share ? 1 : 0));
  ErrorLimit limit;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), limit.limit_, std::chars_format::fixed);
  const bool whole = digits.find('.') == std::string_view::npos;
  // Written so that "nan" fails too.
  const bool in_range = limit.limit_ >= 0 && (share ? limit.limit_ <= 100 : whole && limit.limit_ <= 1e18);
  if (error != std::errc() || end != digits.data() + digits.size() || !in_range) {
    return usage_error("must be a number of operations or a percentage from 0% to 100%, for example 20 or 2.5%");
  }
  limit.kind_ = share ? Kind::share : Kind::count;
  limit.text_ = text;
  return limit;
}

bool ErrorLimit::exceeded(std::uint64_t errors, std::uint64_t finished) const {
  switch (kind_) {
    case Kind::none:
      return false;
    case Kind::count:
      return static_cast<double>(errors) > limit_;
    case Kind::share:
      return finished >= least_sample && static_cast<double>(errors) * 100 > limit_ * static_cast<double>(finished);
  }
  return false;
}

}  // namespace koobatch::flow
