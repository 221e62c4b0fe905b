#include "koobatch/reading/window.hpp"

#include <fmt/format.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <cassert>
#include <iterator>

namespace koobatch::reading {
namespace {

char query_separator(const koodrive::ResourceList& list) {
  return list.target.find('?') == std::string_view::npos ? '?' : '&';
}

}  // namespace

Window window_at(const koodrive::ResourceList& list, std::uint64_t index) {
  if (list.paging != koodrive::Paging::number) return {.from = index, .size = list.size};
  Window best;
  for (std::uint32_t size = list.size; size > 0; --size) {
    const Window window{.from = index - index % size, .size = size};
    if (window.end() > best.end()) best = window;
  }
  return best;
}

Window window_after(const koodrive::ResourceList& list, std::uint64_t end) {
  assert(end > 0);
  Window window = window_at(list, end - 1);
  window.overlaps = window.end() > end;
  if (window.overlaps) return window;
  window.from = end;
  // The last resort is a page of one resource.
  while (list.paging == koodrive::Paging::number && end % window.size != 0) --window.size;
  return window;
}

void append_target(std::string& out, const koodrive::ResourceList& list, const Window& window) {
  const char separator = query_separator(list);
  if (list.paging == koodrive::Paging::number) {
    fmt::format_to(std::back_inserter(out), "{}{}pageNum={}&pageSize={}", list.target, separator,
                   window.from / window.size + 1, window.size);
  } else {
    fmt::format_to(std::back_inserter(out), "{}{}offset={}&limit={}", list.target, separator, window.from, window.size);
  }
}

void append_target(std::string& out, const koodrive::ResourceList& list, std::string_view cursor) {
  fmt::format_to(std::back_inserter(out), "{}{}pageSize={}", list.target, query_separator(list), list.size);
  if (cursor.empty()) return;
  out += "&pageCursor=";
  namespace urls = boost::urls;
  urls::encode(cursor, urls::unreserved_chars, {}, urls::string_token::append_to(out));
}

}  // namespace koobatch::reading
