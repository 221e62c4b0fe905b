#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/fleet_record.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace koobatch::report {

enum class LineType {
  run,
  result,
  sync,
  attempt,
  read,
  end,
  worker,
  collected,
  other,  ///< JSON with a `type` that this version does not know: skipped
};

/// Parses the lines of a report. The caller checks the checksum (has_valid_sum); this checks that a line is JSON and
/// has the members of its type. Unknown members are skipped, and so are lines of an unknown type: a later version may
/// add both. It may change existing ones only under a new `schema`, so a `run` line of another schema is refused.
///
/// An Error's message says what is wrong with the line, without its position. Not thread-safe; reuses its buffers.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  Result<LineType> type(std::string_view line);
  /// The record's views are valid until the next call of any function here.
  Result<ResultRecord> result(std::string_view line);
  Result<AttemptNote> attempt(std::string_view line);
  Result<RunRecord> run(std::string_view line);
  Result<EndRecord> end(std::string_view line);
  Result<WorkerRecord> worker(std::string_view line);
  Result<CollectedRecord> collected(std::string_view line);
  /// The number of the `sync` line.
  Result<std::uint64_t> sync(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::report
