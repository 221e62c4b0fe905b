#include "screen.hpp"

#include <algorithm>
#include <stdexcept>

namespace koobatch::test {

/// Where the cursor's row begins within its line. A cursor behind the last column is still in that row.
std::size_t Screen::row_begin() const {
  const std::size_t rows = column_ / width_;
  return (column_ > 0 && column_ % width_ == 0 ? rows - 1 : rows) * width_;
}

void Screen::write(std::string_view bytes) {
  for (const char c : bytes) {
    if (!sequence_.empty() || c == '\x1b') {
      sequence_.push_back(c);
      const bool whole = sequence_.size() > 2 && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
      if (whole) obey();
    } else if (c == '\r') {
      column_ = row_begin();
    } else if (c == '\n') {
      // The terminal driver turns each into \r
      // .
      column_ = 0;
      if (++line_ == lines_.size()) lines_.emplace_back();
    } else {
      put(c);
    }
  }
}

void Screen::put(char c) {
  if (!wraps_ && column_ == row_begin() + width_) --column_;
  std::string& line = lines_[line_];
  if (line.size() <= column_) line.resize(column_ + 1, ' ');
  line[column_++] = c;
}

void Screen::obey() {
  if (sequence_ == "\x1b[J") {
    lines_[line_].resize(std::min(lines_[line_].size(), column_));
    lines_.resize(line_ + 1);
  } else if (sequence_ == "\x1b[K") {
    lines_[line_].resize(std::min(lines_[line_].size(), column_));
  } else if (sequence_ == "\x1b[?7l" || sequence_ == "\x1b[?7h") {
    wraps_ = sequence_.back() == 'h';
  } else if (sequence_.back() != 'm') {
    throw std::runtime_error("the screen does not know the sequence " + sequence_.substr(1));
  }
  sequence_.clear();
}

void Screen::resize(std::size_t width) {
  if (resizing_ == Resizing::cut) {
    const std::size_t above = row_begin();
    std::vector<std::string> rows;
    std::size_t cursor = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i == line_) cursor = rows.size() + above / width_;
      for (std::size_t begin = 0; begin == 0 || begin < lines_[i].size(); begin += width_) {
        rows.push_back(lines_[i].substr(begin, std::min(width, width_)));
      }
    }
    lines_ = std::move(rows);
    line_ = cursor;
    column_ = std::min(column_ - above, width);
  }
  width_ = width;
}

std::vector<std::string> Screen::rows() const {
  std::vector<std::string> rows;
  for (const auto& line : lines_) {
    for (std::size_t begin = 0; begin == 0 || begin < line.size(); begin += width_) {
      std::string row = line.substr(begin, width_);
      row.resize(row.find_last_not_of(' ') + 1);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string Screen::last_row() const {
  const auto all = rows();
  const auto last = std::find_if(all.rbegin(), all.rend(), [](const std::string& row) { return !row.empty(); });
  return last == all.rend() ? std::string() : *last;
}

}  // namespace koobatch::test
