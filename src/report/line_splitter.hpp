#pragma once
#include "koobatch/report/reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::report {

/// Splits what a ReadSome delivers into lines, in one buffer of 256 KiB that grows only for a longer line.
class LineSplitter {
 public:
  struct Line {
    std::string_view text;   ///< without its newline; valid until the next call. Empty if the line is too long
    std::uint64_t size = 0;  ///< bytes in the file, newline included
    bool whole = false;      ///< ends in a newline, and is not too long
  };

  explicit LineSplitter(const ReadSome& read) : read_(read), buffer_(initial_size, '\0') {}

  /// False at the end of the input.
  Result<bool> next(Line& line);

 private:
  static constexpr std::size_t initial_size = std::size_t{1} << 18;
  /// Far above the longest possible line: a job line has at most 1 MiB, and escaping turns one byte into at most six.
  static constexpr std::size_t longest_line = std::size_t{16} << 20;

  Result<bool> next_slowly(Line& line);
  /// Makes room and reads once. False at the end of the input.
  Result<bool> fill();

  const ReadSome& read_;
  std::string buffer_;
  std::size_t begin_ = 0;  // [begin_, end_) is read and not yet handed out
  std::size_t end_ = 0;
};

}  // namespace koobatch::report
