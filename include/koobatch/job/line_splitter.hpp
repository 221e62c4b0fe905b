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
  std::size_t bytes = std::size_t{1} << 20;                         ///< of one line, without its line end
  std::uint32_t lines = std::numeric_limits<std::uint32_t>::max();  ///< a trace ID has room for 32 bits
};

/// Splits the bytes of a source into physical lines, in memory bounded by the longest line allowed. Drops a byte order
/// mark at the start, and a last line that is only a Ctrl-Z, with which DOS ends a text.
///
/// A line ends with "\n" or "\r\n". If the first line ends with "\r" alone, as on old Macs, "\r" ends every line as
/// well.
class LineSplitter {
 public:
  enum class Item {
    line,
    too_long,  ///< a line over the limit was skipped; text() is empty
    end,
  };

  /// `name`: the job's name, for the message about too many lines.
  LineSplitter(std::unique_ptr<ByteSource> source, std::string name, LineLimits limits = {});

  /// Reads the next line, blank or not. An error if the source fails, if there are too many lines, or if the last one
  /// ends in NUL bytes, as in a file that was not written completely.
  Result<Item> next();
  /// The beginning of the text, as far as it was read ahead: at least the first line, unless that is very long. Only
  /// before the first next().
  Result<std::string_view> peek();
  /// The line without its line end. At least SIMDJSON_PADDING readable bytes follow it. Valid until next().
  std::string_view text() const { return text_; }
  /// "\n", "\r\n" or "\r"; empty for a last line without one.
  std::string_view line_end() const { return line_end_; }
  /// Whether a carriage return alone ends a line. Known once a line was read.
  bool ends_at_returns() const { return ends_at_returns_; }
  const LineLimits& limits() const { return limits_; }
  /// The number of the physical line, from 1.
  std::uint32_t number() const { return number_; }
  /// The digest of the bytes read so far; complete at the end.
  Digest digest() const { return source_->digest(); }

 private:
  Result<void> begin();
  Result<void> drop_bom();
  Result<void> find_first_end();
  Result<Item> next_of_any_end();
  Result<Item> finish(Item item);
  Result<Item> finish_mark(Item item);
  Result<Item> count(Item item);
  Result<Item> finish_last(std::size_t size);
  Result<Item> skip_line();
  void take_line(std::size_t size, std::string_view end);
  Result<bool> is_end_mark();
  Result<bool> read_more();
  Error lines_error() const;
  Error nul_error(std::uint64_t nuls) const;

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  LineLimits limits_;
  WipedBytes buffer_;      ///< the lines may hold tokens: see read_tokens_file()
  std::size_t begin_ = 0;  ///< of the bytes read and not yet handed out
  std::size_t end_ = 0;
  bool started_ = false;
  bool ends_at_returns_ = false;
  std::string_view text_;
  std::string_view line_end_;
  std::uint32_t number_ = 0;
};

}  // namespace koobatch::job
