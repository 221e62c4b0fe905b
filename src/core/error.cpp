#include "koobatch/core/error.hpp"

#include "koobatch/core/next_step.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace koobatch {

Error with_next_step(Error error, NextStep step) {
  error.next_step = std::make_shared<const NextStep>(std::move(step));
  return error;
}

Error system_error(ErrorKind kind, const std::string& path, const std::string& what, int code) {
  return {kind, fmt::format("{}: {}: {}", path, what, std::generic_category().message(code))};
}

}  // namespace koobatch
