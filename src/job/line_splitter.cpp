#include "koobatch/job/line_splitter.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <utility>

namespace koobatch::job {
namespace {

constexpr std::size_t chunk = std::size_t{128} << 10;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

LineSplitter::LineSplitter(std::unique_ptr<ByteSource> source, std::string name, LineLimits limits)
    : source_(std::move(source)),
      name_(std::move(name)),
      limits_(limits),
      buffer_(chunk + simdjson::SIMDJSON_PADDING) {}

Result<LineSplitter::Item> LineSplitter::next() {
  text_ = {};
  line_end_ = {};
  if (!started_) {
    started_ = true;
    if (auto dropped = drop_bom(); !dropped) return dropped.error();
  }
  std::size_t searched = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const auto size = end_ - begin_;
    if (const void* newline = std::memchr(from + searched, '\n', size - searched)) {
      take_line(static_cast<std::size_t>(static_cast<const char*>(newline) - from), true);
      return finish(text_.size() > limits_.bytes ? Item::too_long : Item::line);
    }
    // One byte over the limit may still be the \r of the line's end.
    if (size > limits_.bytes + 1) return skip_line();
    searched = size;
    const auto more = read_more();
    if (!more) return more.error();
    if (*more) continue;
    if (size == 0) return Item::end;
    take_line(size, false);
    return finish(text_.size() > limits_.bytes ? Item::too_long : Item::line);
  }
}

// Counts the line, which is complete now.
Result<LineSplitter::Item> LineSplitter::finish(Item item) {
  if (number_ == limits_.lines) {
    return job_error(fmt::format("{}: has more than {} lines, split the job", name_, limits_.lines));
  }
  ++number_;
  if (item == Item::too_long) text_ = {};
  return item;
}

void LineSplitter::take_line(std::size_t size, bool has_newline) {
  const std::string_view line(buffer_.data() + begin_, size);
  begin_ += size + (has_newline ? 1 : 0);
  const bool has_return = has_newline && line.ends_with('\r');
  text_ = line.substr(0, size - (has_return ? 1 : 0));
  line_end_ = has_return ? "\r\n" : has_newline ? "\n" : "";
}

// Passes over the rest of a line that is too long, without keeping it.
Result<LineSplitter::Item> LineSplitter::skip_line() {
  for (;;) {
    const char* from = buffer_.data() + begin_;
    if (const void* newline = std::memchr(from, '\n', end_ - begin_)) {
      begin_ += static_cast<std::size_t>(static_cast<const char*>(newline) - from) + 1;
      line_end_ = "\n";
      return finish(Item::too_long);
    }
    begin_ = end_;
    const auto more = read_more();
    if (!more) return more.error();
    if (!*more) return finish(Item::too_long);
  }
}

// Makes room by moving what is left to the front, and only then by growing; false at the end of the file.
Result<bool> LineSplitter::read_more() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const auto needed = end_ + chunk / 2 + simdjson::SIMDJSON_PADDING;
  if (buffer_.size() < needed) buffer_.resize(end_ + chunk + simdjson::SIMDJSON_PADDING);
  const auto got = source_->read(buffer_.data() + end_, buffer_.size() - simdjson::SIMDJSON_PADDING - end_);
  if (!got) return got.error();
  end_ += *got;
  return *got > 0;
}

Result<void> LineSplitter::drop_bom() {
  while (end_ < byte_order_mark.size()) {
    const auto more = read_more();
    if (!more) return more.error();
    if (!*more) break;
  }
  if (std::string_view(buffer_.data(), end_).starts_with(byte_order_mark)) begin_ = byte_order_mark.size();
  return {};
}

}  // namespace koobatch::job
