#include "report/line_splitter.hpp"

#include <cstring>

namespace koobatch::report {
namespace {

/// The index of the first newline in [from, to) of `text`, or `to`.
std::size_t find_newline(const std::string& text, std::size_t from, std::size_t to) {
  if (from == to) return to;
  const void* found = std::memchr(text.data() + from, '\n', to - from);
  return found == nullptr ? to : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

Result<bool> LineSplitter::next(Line& line) {
  const std::size_t newline = find_newline(buffer_, begin_, end_);
  if (newline == end_) return next_slowly(line);
  line = {std::string_view(buffer_).substr(begin_, newline - begin_), newline + 1 - begin_, true};
  begin_ = newline + 1;
  return true;
}

Result<bool> LineSplitter::next_slowly(Line& line) {
  std::uint64_t dropped = 0;  // the beginning of a line that is too long
  for (;;) {
    const std::size_t searched = end_ - begin_;
    auto more = fill();
    if (!more) return more.error();
    const std::size_t newline = find_newline(buffer_, begin_ + searched, end_);
    const bool found = newline != end_;
    if (!found && *more) {
      if (end_ - begin_ < longest_line) continue;
      dropped += end_ - begin_;
      begin_ = end_ = 0;
      continue;
    }
    if (!found && dropped == 0 && begin_ == end_) return false;
    const std::size_t size = newline - begin_;
    line.text = dropped != 0 ? std::string_view() : std::string_view(buffer_).substr(begin_, size);
    line.size = dropped + size + (found ? 1 : 0);
    line.whole = found && dropped == 0;
    begin_ = newline + (found ? 1 : 0);
    return true;
  }
}

Result<bool> LineSplitter::fill() {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  auto size = read_(buffer_.data() + end_, buffer_.size() - end_);
  if (!size) return size.error();
  end_ += *size;
  return *size != 0;
}

}  // namespace koobatch::report
