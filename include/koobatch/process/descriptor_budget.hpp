#pragma once
#include <cstdint>

namespace koobatch::process {

/// How many more files and sockets this process may open. First raises its limit as far as permitted, because shells
/// set one for programs that cannot handle more than 1024.
std::uint64_t free_descriptors();

/// What descriptors are wanted for.
struct DescriptorNeeds {
  std::uint64_t connections = 0;
  std::uint64_t per_connection = 1;
  std::uint64_t fixed = 0;    ///< needed in any case
  std::uint64_t control = 0;  ///< for the control socket, which is given up first
};

/// What the free descriptors suffice for.
struct DescriptorBudget {
  std::uint64_t connections = 0;  ///< at most the number wanted
  bool control = false;           ///< whether there are enough for the control socket
};

/// Divides `free` descriptors. If there are few, connections take precedence over the control socket.
DescriptorBudget share_descriptors(std::uint64_t free, const DescriptorNeeds& needs);

}  // namespace koobatch::process
