#include "koobatch/http/known_header.hpp"

#include "koobatch/core/eight_bytes.hpp"
#include "koobatch/http/answer_field.hpp"

#include <boost/beast/http/field.hpp>

#include <cassert>
#include <charconv>
#include <system_error>

namespace koobatch::http {
namespace {

namespace beast = boost::beast;

constexpr std::string_view line_end = "\r\n";

/// More are of bodies that the parser may refuse.
constexpr std::size_t max_length_digits = 4;

/// Whether a value is one that the parser takes as it is: visible ASCII characters, and blanks between them.
bool is_plain_value(std::string_view value) {
  return value.front() != ' ' && value.back() != ' ' && is_printable(value);
}

/// Whether the field decides nothing, neither where the answer ends nor what becomes of it.
bool is_meaningless(beast::http::field field, std::string_view name) {
  return field == beast::http::field::unknown && !may_be_rate_limit(name);
}

/// Copies what answers with the same header have in common.
void copy_common(const Answer& from, Answer& to) {
  to.http = from.http;
  to.content_type = from.content_type;
  to.content_encoding = from.content_encoding;
  to.retry_after = from.retry_after;
  to.location = from.location;
  to.rate_limits = from.rate_limits;
}

}  // namespace

void KnownHeader::learn(std::string_view header, const Answer& answer) {
  assert(header.ends_with("\r\n\r\n"));
  header_.clear();
  parts_.clear();
  divided_ = date_at_ = date_size_ = length_at_ = 0;
  std::size_t at = header.find(line_end) + line_end.size();  // The status line is part of what does not change.
  while (at + line_end.size() < header.size()) {
    const auto line = header.substr(at, header.find(line_end, at) - at);
    if (!add_line(line, at)) return;
    at += line.size() + line_end.size();
  }
  if (length_at_ == 0) return;
  parts_.push_back({.fixed = header.size() - divided_});
  header_ = header;
  copy_common(answer, answer_);
}

/// `at`: where in the header the line is. False if the header cannot serve.
bool KnownHeader::add_line(std::string_view line, std::size_t at) {
  const auto colon = line.find(':');
  // A line that continues the one before (RFC 9112, 5.2) may have none, or one that ends no name.
  if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') return false;
  const auto name = line.substr(0, colon);
  const auto field = beast::http::string_to_field({name.data(), name.size()});
  const bool is_date = field == beast::http::field::date;
  const bool is_length = field == beast::http::field::content_length;
  if (!is_date && !is_length && !is_meaningless(field, name)) return true;
  const auto begin = line.find_first_not_of(" \t", colon + 1);
  // An empty date would have to take the place of an earlier one.
  if (begin == std::string_view::npos) return !is_length && !is_date;
  const std::size_t from = at + begin;
  const std::size_t size = line.find_last_not_of(" \t") + 1 - begin;
  if (is_length && (length_at_ != 0 || size > max_length_digits)) return false;
  parts_.push_back({.fixed = from - divided_, .value = size});
  divided_ = from + size;
  if (is_length) length_at_ = from;
  if (is_date) {
    date_at_ = from;
    date_size_ = size;
  }
  return true;
}

/// The size that the header states, if `bytes` begin with the known one.
std::optional<std::size_t> KnownHeader::body_size(std::string_view bytes) const {
  std::size_t length = 0;
  std::size_t at = 0;
  for (const Part& part : parts_) {
    if (bytes.compare(at, part.fixed, header_.data() + at, part.fixed) != 0) return std::nullopt;
    at += part.fixed;
    if (part.value == 0) break;  // the end of the header
    const auto value = bytes.substr(at, part.value);
    if (at == length_at_) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
      if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
    } else if (!is_plain_value(value)) {
      return std::nullopt;
    }
    at += part.value;
  }
  return length;
}

std::size_t KnownHeader::read(std::string_view bytes, Answer& answer) const {
  if (header_.empty() || bytes.size() < header_.size()) return 0;
  const auto size = body_size(bytes);
  if (!size || bytes.size() - header_.size() < *size) return 0;
  copy_common(answer_, answer);
  answer.body.assign(bytes.substr(header_.size(), *size));
  answer.date.assign(bytes.substr(date_at_, date_size_));
  return header_.size() + *size;
}

}  // namespace koobatch::http
