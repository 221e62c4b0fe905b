#include "koobatch/job/line_splitter.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <utility>

namespace koobatch::job {
namespace {

constexpr std::size_t chunk = std::size_t{128} << 10;
/// How far the first line end is searched for.
constexpr std::size_t look_ahead = chunk / 2;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view end_mark = "\x1a";

/// The number of NUL bytes at the end of a text.
std::size_t trailing_nuls(std::string_view text) {
  const auto last = text.find_last_not_of('\0');
  return last == std::string_view::npos ? text.size() : text.size() - last - 1;
}

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
    if (auto begun = begin(); !begun) return begun.error();
  }
  if (ends_at_returns_) return next_of_any_end();
  std::size_t searched = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const auto size = end_ - begin_;
    if (const void* newline = std::memchr(from + searched, '\n', size - searched)) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(newline) - from);
      const bool has_return = length > 0 && from[length - 1] == '\r';
      take_line(length - (has_return ? 1 : 0), has_return ? "\r\n" : "\n");
      return finish(text_.size() > limits_.bytes ? Item::too_long : Item::line);
    }
    // One byte over the limit may still be the \r of the line end.
    if (size > limits_.bytes + 1) return skip_line();
    searched = size;
    const auto more = read_more();
    if (!more) return more.error();
    if (!*more) return finish_last(size);
  }
}

// Like next(), for a text in which a carriage return alone ends a line, too.
Result<LineSplitter::Item> LineSplitter::next_of_any_end() {
  std::size_t searched = 0;
  bool skipped = false;
  bool at_end = false;
  for (;;) {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const auto length = rest.find_first_of("\r\n", searched);
    const bool found = length != std::string_view::npos;
    // A line feed may follow the carriage return, and belongs to it.
    if (found && (rest[length] == '\n' || length + 1 < rest.size() || at_end)) {
      const std::string_view end = rest[length] == '\n'                      ? "\n"
                                   : rest.substr(length).starts_with("\r\n") ? "\r\n"
                                                                             : "\r";
      take_line(length, end);
      return finish(skipped || text_.size() > limits_.bytes ? Item::too_long : Item::line);
    }
    if (at_end && skipped) {
      begin_ = end_;
      return finish(Item::too_long);
    }
    if (at_end) return finish_last(rest.size());
    if (!found && rest.size() > limits_.bytes + 1) {
      skipped = true;
      begin_ = end_;
    }
    searched = end_ - begin_ - (found ? 1 : 0);
    const auto more = read_more();
    if (!more) return more.error();
    at_end = !*more;
  }
}

Result<std::string_view> LineSplitter::peek() {
  if (!started_) {
    if (auto begun = begin(); !begun) return begun.error();
  }
  return std::string_view(buffer_.data() + begin_, end_ - begin_);
}

Result<void> LineSplitter::begin() {
  started_ = true;
  if (auto dropped = drop_bom(); !dropped) return dropped;
  return find_first_end();
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

// The first line end outside quotes decides for all of them. "\r\r\n" is not the line end of an old Mac: it was written
// by a program that converted line feeds twice.
Result<void> LineSplitter::find_first_end() {
  bool quoted = false;
  for (std::size_t at = 0;;) {
    const std::string_view text(buffer_.data() + begin_, end_ - begin_);
    for (; at < text.size() && (quoted || (text[at] != '\r' && text[at] != '\n')); ++at) {
      if (text[at] == '"') quoted = !quoted;
    }
    const auto after = text.find_first_not_of('\r', at);
    if (after != std::string_view::npos) {
      ends_at_returns_ = text[at] == '\r' && text[after] != '\n';
      return {};
    }
    if (text.size() > look_ahead) return {};
    const auto more = read_more();
    if (!more) return more.error();
    if (*more) continue;
    ends_at_returns_ = at < text.size();
    return {};
  }
}

// Counts a line that is complete, unless it marks the end.
Result<LineSplitter::Item> LineSplitter::finish(Item item) {
  return text_ == end_mark ? finish_mark(item) : count(item);
}

// Like finish(), for a line that is only a Ctrl-Z.
Result<LineSplitter::Item> LineSplitter::finish_mark(Item item) {
  const auto ended = is_end_mark();
  if (!ended) return ended.error();
  if (!*ended) return count(item);
  text_ = {};
  line_end_ = {};
  return Item::end;
}

Result<LineSplitter::Item> LineSplitter::count(Item item) {
  if (number_ == limits_.lines) return lines_error();
  ++number_;
  if (item == Item::too_long) text_ = {};
  return item;
}

// Takes the last line, if there is one without a line end.
Result<LineSplitter::Item> LineSplitter::finish_last(std::size_t size) {
  if (size == 0) return Item::end;
  take_line(size, {});
  if (const auto nuls = trailing_nuls(text_); nuls > 0) return nul_error(nuls);
  return finish(text_.size() > limits_.bytes ? Item::too_long : Item::line);
}

void LineSplitter::take_line(std::size_t size, std::string_view end) {
  text_ = std::string_view(buffer_.data() + begin_, size);
  line_end_ = end;
  begin_ += size + end.size();
}

// Whether the line just taken, which is only a Ctrl-Z, is the last one.
Result<bool> LineSplitter::is_end_mark() {
  if (begin_ < end_) return false;
  // Reading more moves the buffered bytes, so the line is put back and taken again.
  begin_ -= text_.size() + line_end_.size();
  const auto more = read_more();
  if (!more) return more.error();
  take_line(text_.size(), line_end_);
  return !*more;
}

// Skips the rest of a line that is too long.
Result<LineSplitter::Item> LineSplitter::skip_line() {
  std::uint64_t nuls = 0;
  for (;;) {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    if (const auto newline = rest.find('\n'); newline != std::string_view::npos) {
      begin_ += newline + 1;
      line_end_ = "\n";
      return finish(Item::too_long);
    }
    const auto more_nuls = trailing_nuls(rest);
    nuls = more_nuls == rest.size() ? nuls + more_nuls : more_nuls;
    begin_ = end_;
    const auto more = read_more();
    if (!more) return more.error();
    if (*more) continue;
    if (nuls > 0) return nul_error(nuls);
    return finish(Item::too_long);
  }
}

// Makes space by moving the buffered bytes to the front, and only then by growing. False at the end of the file.
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

Error LineSplitter::lines_error() const {
  return job_error(fmt::format("{}: has more than {} lines, split the job", name_, limits_.lines));
}

Error LineSplitter::nul_error(std::uint64_t nuls) const {
  return job_error(fmt::format(
      "{}:{}: the text ends in {} NUL {}: the file got its size before it was written, and was not written to "
      "its end, as after a crash or an unfinished copy; copy it again, or cut them off if nothing is missing",
      name_, number_ + 1, format_count(nuls), nuls == 1 ? "byte" : "bytes"));
}

}  // namespace koobatch::job
