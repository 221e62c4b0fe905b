#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace koobatch::report {

/// Operations that did not succeed for the same reason: the same answer, but for what their messages say of the single
/// one (see append_message_pattern).
struct Cause {
  /// Where to look for one of them.
  struct Example {
    std::uint32_t line = 0;
    std::optional<TraceId> trace;
  };
  static constexpr std::size_t most_examples = 3;

  Status status = Status::unknown;
  int http = 0;  ///< 0: no answer
  std::optional<std::int64_t> code;
  std::string text;      ///< what the service said, or why it said nothing; where they differ, "…" is in their place
  bool various = false;  ///< `text` differs between them and is left out
  std::uint64_t count = 0;
  std::vector<Example> examples;  ///< those of the lowest lines of the job, in their order; at least one
};

/// Adds results up in fixed memory. Not thread-safe: every worker has its own, and they are merged at the end. Adding a
/// success takes some nanoseconds and allocates nothing; so does adding another result of a known cause.
class Tally {
 public:
  static constexpr std::size_t longest_text = 240;
  /// The most causes told apart by their text. When there are more (a service that puts names into its messages,
  /// without quotes), further ones are told apart by status, HTTP status and code alone, in as many again; the rest is
  /// only counted.
  static constexpr std::size_t most_texts = 64;

  void add(const ResultRecord& result);
  void merge(const Tally& other);

  /// `remaining` is not known here and 0.
  const Counts& counts() const { return counts_; }
  std::uint64_t attempts() const { return attempts_; }
  /// Attempts after an operation's first.
  std::uint64_t retries() const { return retries_; }
  const observe::Histogram& latency() const { return latency_; }
  /// The most frequent first; of equally frequent ones, that of the lowest line first.
  std::vector<Cause> causes() const;
  /// Results that did not succeed and are in none of causes().
  std::uint64_t uncounted_causes() const { return uncounted_causes_; }
  /// When the latest result came; nothing without results.
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
  std::uint64_t attempts_ = 0;
  std::uint64_t retries_ = 0;
  observe::Histogram latency_;
  std::vector<Group> groups_;
  std::string pattern_;  // kept for its memory
  std::uint64_t uncounted_causes_ = 0;
  std::optional<WallTime> last_at_;
};

}  // namespace koobatch::report
