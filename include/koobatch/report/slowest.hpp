#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/report/record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::report {

/// An operation whose answer took long.
struct SlowOperation {
  Duration latency{};
  std::uint32_t line = 0;
  std::string op;
  std::string id;
  Status status = Status::unknown;
  int http = 0;
  unsigned attempts = 0;
  std::optional<TraceId> trace;
  WallTime at;
};

/// Keeps the operations with the highest latencies of any number.
class Slowest {
 public:
  static constexpr std::size_t most = 10;
  static constexpr std::size_t longest_id = 80;

  void add(const ResultRecord& result);
  /// The slowest first; of equally slow ones, that of the lowest line first.
  std::vector<SlowOperation> operations() const;

 private:
  std::vector<SlowOperation> heap_;  // the least slow one in front
};

}  // namespace koobatch::report
