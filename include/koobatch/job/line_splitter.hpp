#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/wiping_allocator.hpp"
#include "koobatch/job/byte_source.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

struct LineLimits {
  std::size_t bytes = std::size_t{1} << 20;                         ///< of one line, without its end
  std::uint32_t lines = std::numeric_limits<std::uint32_t>::max();  ///< a trace ID has room for 32 bits
};

/// Cuts the bytes of a source into physical lines, in memory bounded by the longest line allowed. A BOM at the start is
/// dropped.
class LineSplitter {
 public:
  enum class Item {
    line,
    too_long,  ///< a line over the limit; it was skipped, text() is empty
    end,
  };

  /// `name`: the job's, for the message about too many lines.
  LineSplitter(std::unique_ptr<ByteSource> source, std::string name, LineLimits limits = {});

  /// Reads the next line, blank or not. An error if the source fails or there are too many lines.
  Result<Item> next();
  /// The line without its end. At least SIMDJSON_PADDING readable bytes follow it. Valid until next().
  std::string_view text() const { return text_; }
  /// "\n" or "\r\n"; empty if the file ends without.
  std::string_view line_end() const { return line_end_; }
  const LineLimits& limits() const { return limits_; }
  /// The physical line, from 1.
  std::uint32_t number() const { return number_; }
  /// Of the bytes read so far: complete at the end.
  Digest digest() const { return source_->digest(); }

 private:
  Result<Item> finish(Item item);
  Result<Item> skip_line();
  void take_line(std::size_t size, bool has_newline);
  Result<bool> read_more();
  Result<void> drop_bom();

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  LineLimits limits_;
  WipedBytes buffer_;      ///< the lines may hold tokens: see read_tokens_file()
  std::size_t begin_ = 0;  ///< of what was read and not yet handed out
  std::size_t end_ = 0;
  bool started_ = false;
  std::string_view text_;
  std::string_view line_end_;
  std::uint32_t number_ = 0;
};

}  // namespace koobatch::job
