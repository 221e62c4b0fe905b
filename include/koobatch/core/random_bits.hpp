#pragma once
#include <cstdint>

namespace koobatch {

/// 64 bits from the system's source of randomness, for identifiers that nobody else draws.
std::uint64_t random_bits();

}  // namespace koobatch
