#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>

// How operations are divided among parts: all operations on one key are in one part, which one worker owns at a time.

namespace koobatch::fleet {

constexpr std::uint32_t fewest_parts = 16;
constexpr std::uint32_t most_parts = 1024;

/// The part of an operation with this key (koodrive::Operation::key_hash()), out of so many. Precondition: 1 to
/// most_parts.
PartNumber part_of(std::uint64_t key_hash, std::uint32_t parts);

}  // namespace koobatch::fleet
