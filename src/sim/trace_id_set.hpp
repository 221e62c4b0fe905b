#pragma once
#include "koobatch/core/trace_id.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace koobatch::sim {

/// Every trace ID seen so far. The lines of a job are consecutive, so the 64 IDs that differ only in the last six bits
/// of their line share one word: two bits per request instead of eight bytes, which matters when a benchmark sends tens
/// of millions.
class TraceIdSet {
 public:
  /// Returns false if `id` was already in the set.
  bool insert(const TraceId& id) {
    const std::uint64_t word = (static_cast<std::uint64_t>(id.prefix) << 34U) |
                               (static_cast<std::uint64_t>(id.attempt) << 26U) | (id.line >> 6U);
    const std::uint64_t bit = std::uint64_t{1} << (id.line & 63U);
    std::uint64_t& bits = words_[word];
    const bool fresh = (bits & bit) == 0;
    bits |= bit;
    return fresh;
  }

 private:
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> words_;
};

}  // namespace koobatch::sim
