#pragma once
#include "koobatch/core/error.hpp"
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
  end,
  other,  ///< JSON with a `type` this version does not know: to be skipped
};

/// Reads the lines of a report back. The sum is the caller's affair (has_valid_sum); here the line is JSON or it is
/// not, and has the members of its type or not. Members this version does not know are skipped, and so are lines of an
/// unknown type: a later version may add both. What it may not do without a new `schema` is change what there is, so a
/// `run` line of another schema is refused.
///
/// An Error's message is what is wrong with the line, without its place. Not thread-safe; keeps its memory.
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
  /// The mark's number.
  Result<std::uint64_t> sync(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::report
