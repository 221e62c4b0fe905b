#pragma once
#include <cstdint>
#include <random>

namespace koobatch::sim {

/// Uniform in [0, 1), identical on every platform, which std::uniform_real_distribution does not guarantee.
inline double uniform(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

/// A stream of random numbers; streams of the same seed are independent of each other.
inline std::mt19937_64 make_stream(std::uint64_t seed, std::uint32_t stream) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U), stream};
  return std::mt19937_64(sequence);
}

}  // namespace koobatch::sim
