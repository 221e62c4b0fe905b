#include "fleet/partition.hpp"

#include <cassert>

namespace koobatch::fleet {

PartNumber part_of(std::uint64_t key_hash, std::uint32_t parts) {
  assert(parts >= 1 && parts <= most_parts);
  // Bits 16 to 31: the high half of the hash chooses among a worker's threads, and the low bits choose within the
  // scheduler's hash map. If the same bits chose the part, all keys of a part would meet on one thread.
  constexpr unsigned bits = 16;
  const std::uint64_t fraction = (key_hash >> bits) & ((1U << bits) - 1U);
  return static_cast<PartNumber>((fraction * parts) >> bits);
}

}  // namespace koobatch::fleet
