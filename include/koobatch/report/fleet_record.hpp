#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Lines that only reports of runs on many machines have: their results are collected from where the workers record
// them, group by group.

namespace koobatch::report {

/// Identifies a worker's enrolment among all that its engine has ever had: "7:00c0ffee00c0ffee". The second part is a
/// random number that the worker drew, because an engine that has lost data may hand out the first one twice.
std::string enrolment_key(std::int64_t number, std::uint64_t nonce);

/// A `worker` line: an enrolment of which the report may hold results. A later line replaces an earlier one of this
/// key.
struct WorkerRecord {
  std::string key;    ///< see enrolment_key()
  std::string name;   ///< its host and process, for people
  std::string state;  ///< `alive`, `left` or `fenced`
  std::uint32_t trace_prefix = 0;
  WallTime enrolled;
  WallTime last_beat;
  std::uint64_t requests = 0;  ///< HTTP requests that it has sent

  bool operator==(const WorkerRecord&) const = default;
};

/// A `collected` line: all results of these groups and of those before them are above it.
struct CollectedRecord {
  WallTime at;
  /// By enrolment, the number of the last group. Those that have not changed since an earlier line are left out.
  std::vector<std::pair<std::string, std::uint64_t>> cursors;

  bool operator==(const CollectedRecord&) const = default;
};

/// Each appends one complete line with its checksum and newline.
void append_line(std::string& out, const WorkerRecord& record);
void append_line(std::string& out, const CollectedRecord& record);

}  // namespace koobatch::report
