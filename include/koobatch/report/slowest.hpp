#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/report/record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::report {

/// An operation with a slow answer.
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

/// Keeps the operations with the highest latencies, however many are added.
class Slowest {
 public:
  static constexpr std::size_t most = 10;
  static constexpr std::size_t longest_id = 80;

  void add(const ResultRecord& result);
  /// Slowest first; equally slow ones in the order of their lines.
  std::vector<SlowOperation> operations() const;

 private:
  std::vector<SlowOperation> heap_;  // fastest at the front
};

}  // namespace koobatch::report
