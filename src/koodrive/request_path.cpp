#include "koodrive/request_path.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::koodrive {
namespace {

constexpr std::size_t max_path = 1024;

std::string refuse_segment(std::string_view segment) {
  if (segment.empty()) return "has an empty segment: // or a / at its end";
  if (segment == "." || segment == "..") return fmt::format("has the segment {}", quote(segment));
  const auto braces = count_braces(segment);
  if (braces == 0) return {};
  if (braces == 2 && segment.front() == '{' && segment.back() == '}' && segment.size() > 2) return {};
  return fmt::format("has the segment {}: a field is a whole segment, as /{{fileId}}/", quote(segment));
}

}  // namespace

std::optional<RequestLine> split_request(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0) return std::nullopt;
  return RequestLine{text.substr(0, blank), text.substr(blank + 1)};
}

std::string refuse_path(std::string_view path) {
  if (!path.starts_with('/')) return "has a path that does not begin with /: it names no scheme and no host";
  if (path.size() > max_path) return fmt::format("has a path of more than {} bytes", max_path);
  std::string wrong;
  for_each_character(path, [&](std::int32_t c, std::string_view bytes) {
    const char sign = bytes.front();
    const bool fits = is_unreserved(sign) || sign == '/' || sign == '{' || sign == '}';
    if (!fits && wrong.empty()) {
      wrong = fmt::format("has a path with {}; letters, digits, - . _ ~ and / may be in it", describe_character(c));
    }
  });
  std::vector<std::string_view> fields;
  for (auto rest = path; !rest.empty() && wrong.empty();) {
    rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    wrong = refuse_segment(segment);
    if (segment.starts_with('{') && std::ranges::find(fields, segment) != fields.end()) {
      wrong = fmt::format("has {} twice", segment);
    }
    fields.push_back(segment);
    rest.remove_prefix(segment.size());
  }
  return wrong;
}

bool is_query(std::string_view query) {
  const auto is_plain = [](char c) { return is_unreserved(c) || c == '=' || c == '&'; };
  return !query.empty() && query.front() != '=' && query.front() != '&' && std::ranges::all_of(query, is_plain);
}

bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    segments.push_back(segment);
    path.remove_prefix(segment.size());
  }
  return segments;
}

bool is_placeholder(std::string_view segment) {
  return segment.starts_with('{');
}

std::string shape_of(std::string_view path) {
  std::string shape;
  for (const auto segment : segments_of(path)) shape.append("/").append(is_placeholder(segment) ? "{}" : segment);
  return shape;
}

std::vector<std::string_view> placeholders_of(std::string_view text) {
  std::vector<std::string_view> names;
  for (;;) {
    const auto open = text.find('{');
    const auto close = text.find('}', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return names;
    names.push_back(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

std::size_t count_braces(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c == '{' || c == '}'; }));
}

}  // namespace koobatch::koodrive
