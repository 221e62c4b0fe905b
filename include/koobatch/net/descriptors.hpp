#pragma once
#include <cstdint>

namespace koobatch::net {

/// How many files and sockets this process may open besides those that are open. First raises its limit as far as it
/// may, because what a shell sets is meant for programs that cannot handle more than 1024.
std::uint64_t free_descriptors();

}  // namespace koobatch::net
