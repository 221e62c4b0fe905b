#pragma once
#include <unistd.h>

#include <array>
#include <string>

namespace koobatch {

/// The name of this machine; "?" if it has none.
inline std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "?";
  return name.data();
}

}  // namespace koobatch
