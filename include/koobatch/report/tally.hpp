#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::report {

/// Operations that did not succeed for the same reason: the same answer, apart from the details of each in its message
/// (see append_message_pattern).
struct Cause {
  /// Where to find one of them.
  struct Example {
    std::uint32_t line = 0;
    std::optional<TraceId> trace;
  };
  static constexpr std::size_t most_examples = 3;

  Status status = Status::unknown;
  int http = 0;  ///< 0: no answer
  std::optional<std::int64_t> code;
  std::string text;      ///< the service's message, or why there was no answer; "…" where they differ
  bool various = false;  ///< the texts differ and `text` is empty
  std::uint64_t count = 0;
  std::vector<Example> examples;  ///< those with the lowest lines of the job, in order; at least one
};

/// Sums up results in fixed memory. Not thread-safe: each worker has its own, merged at the end. Adding a success, or
/// another result of a known cause, takes a few nanoseconds and allocates nothing.
class Tally {
 public:
  static constexpr std::size_t longest_text = 240;
  /// The maximum number of causes distinguished by their text. Beyond it (if a service puts unquoted names into its
  /// messages), causes are distinguished only by status, HTTP status and code, up to the same number; the rest are only
  /// counted.
  static constexpr std::size_t most_texts = 64;

  void add(const ResultRecord& result);
  /// A result says what the item was before, or `why` not: one of not_captured_reasons. Besides add().
  void add_capture(std::string_view why);
  void merge(const Tally& other);

  const CaptureCounts& captures() const { return captures_; }
  /// The counts so far. `remaining` is unknown here, and 0.
  const Counts& counts() const { return counts_; }
  std::uint64_t attempts() const { return attempts_; }
  /// Attempts after an operation's first.
  std::uint64_t retries() const { return retries_; }
  const observe::Histogram& latency() const { return latency_; }
  /// Most frequent first; equally frequent ones in the order of their lowest lines.
  std::vector<Cause> causes() const;
  /// Unsuccessful results in none of causes().
  std::uint64_t uncounted_causes() const { return uncounted_causes_; }
  /// The time of the latest result; nothing without results.
  std::optional<WallTime> last_at() const { return last_at_; }

 private:
  struct Group {
    Cause cause;
    std::string pattern;  // of the text
  };

  Group* find_text(const Cause& key, std::string_view text);
  Group* find_pattern(const Cause& key, std::string_view pattern, bool various);
  Group* group_of(const Cause& cause, std::string_view text);

  Counts counts_;
  CaptureCounts captures_;
  std::uint64_t attempts_ = 0;
  std::uint64_t retries_ = 0;
  observe::Histogram latency_;
  std::vector<Group> groups_;
  std::string pattern_;  // kept for its capacity
  std::uint64_t uncounted_causes_ = 0;
  std::optional<WallTime> last_at_;
};

}  // namespace koobatch::report
