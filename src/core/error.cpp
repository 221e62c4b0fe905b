#include "koobatch/core/error.hpp"

#include <fmt/format.h>

#include <system_error>

namespace koobatch {

Error system_error(ErrorKind kind, const std::string& path, const std::string& what, int code) {
  return {kind, fmt::format("{}: {}: {}", path, what, std::generic_category().message(code))};
}

}  // namespace koobatch
