#include "koodrive/web_page.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/trimmed.hpp"
#include "koodrive/body_text.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/find.hpp>
#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace koobatch::koodrive {
namespace {

constexpr std::string_view white_space = " \t\r\n\f\v";
/// How much of a page is searched for its title.
constexpr std::size_t max_head = 16 * 1024;
/// How many columns of a title, and bytes of a content type, are shown.
constexpr std::size_t max_title = 100;
constexpr std::size_t max_content_type = 64;
/// How many bytes of a title are examined; most of them may be white space.
constexpr std::size_t max_title_bytes = 4096;
/// How many columns of a body are shown, and how many bytes are examined for them.
constexpr std::size_t max_body = 80;
constexpr std::size_t max_body_bytes = 4 * max_body;

std::string_view content(std::string_view body) {
  return trimmed(without_byte_order_mark(body), white_space);
}

std::string_view media_type(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';')), white_space);
}

bool is_json(std::string_view content_type) {
  return boost::algorithm::icontains(media_type(content_type), "json");
}

/// Replaces each run of white space by one space, so that a title that spans lines fits in one.
std::string in_one_line(std::string_view text) {
  std::string out;
  for (text = trimmed(text.substr(0, max_title_bytes), white_space); !text.empty();) {
    const auto end = text.find_first_of(white_space);
    out += text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : trimmed(text.substr(end), white_space);
    if (!text.empty()) out += ' ';
  }
  return out;
}

/// The character that an entity such as "&#46;" or "&nbsp;" at the beginning of `text` stands for, and in `size` the
/// entity's length; nothing for any other text. Outside ASCII, only the no-break space is known.
std::optional<char> entity_at(std::string_view text, std::size_t& size) {
  constexpr std::string_view blank = "&nbsp;";
  if (text.starts_with(blank)) {
    size = blank.size();
    return ' ';
  }
  if (!text.starts_with("&#")) return std::nullopt;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), number);
  if (error != std::errc() || number < 0x20 || number > 0x7e || end == text.data() + text.size() || *end != ';') {
    return std::nullopt;
  }
  size = static_cast<std::size_t>(end - text.data()) + 1;
  return static_cast<char>(number);
}

/// Roughly what a browser would show of a page, without tags and in one line.
std::string text_of(std::string_view page) {
  std::string out;
  while (!page.empty()) {
    std::size_t size = 1;
    if (page.front() == '<') {
      const auto close = page.find('>');
      size = close == std::string_view::npos ? page.size() : close + 1;
      out.push_back(' ');
    } else {
      const auto entity = entity_at(page, size);
      const char c = entity.value_or(page.front());
      out.push_back(white_space.find(c) == std::string_view::npos ? c : ' ');
    }
    page.remove_prefix(size);
  }
  return out;
}

bool is_number_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

/// The number that follows a label: "4711" from ": <4711>." Empty if none does.
std::string_view number_after(std::string_view text) {
  constexpr std::size_t shortest = 4, longest = 64;
  for (const std::string_view between : {" ", ":", "：", "#", " ", "is", "=", ":", "#", " "}) {
    while (text.starts_with(between)) text.remove_prefix(between.size());
  }
  const auto end = std::ranges::find_if_not(text, is_number_character);
  std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  while (number.ends_with('.') || number.ends_with('-')) number.remove_suffix(1);
  const bool has_digit = std::ranges::any_of(number, is_digit);
  return has_digit && number.size() >= shortest && number.size() <= longest ? number : std::string_view();
}

}  // namespace

std::string describe_type(std::string_view content_type) {
  const std::string_view type = media_type(content_type);
  if (type.empty()) return "no content type";
  return printable_ascii(boost::algorithm::to_lower_copy(std::string(type)), max_content_type);
}

bool is_foreign(std::string_view content_type, std::string_view body) {
  const std::string_view text = content(body);
  if (text.empty() || text.front() == '<') return true;
  return !content_type.empty() && !is_json(content_type);
}

std::string_view title_of(std::string_view body) {
  const std::string_view all = content(body);
  const std::string_view head = all.substr(0, max_head);
  const auto tag = boost::algorithm::ifind_first(head, "<title");
  if (tag.empty()) return all;
  std::string_view title = head.substr(static_cast<std::size_t>(tag.end() - head.begin()));
  const auto opened = title.find('>');
  if (opened == std::string_view::npos) return all;
  title.remove_prefix(opened + 1);
  title = trimmed(title.substr(0, title.find('<')), white_space);
  return title.empty() ? all : title;
}

std::string describe_page(std::string_view content_type, std::string_view title) {
  const std::string shown = describe_type(content_type);
  if (trimmed(title, white_space).empty()) return media_type(content_type).empty() ? "no body" : shown + ", no body";
  return fmt::format("{}, '{}'", shown, clipped(harmless(in_one_line(title)), max_title));
}

std::string support_number_of(std::string_view page) {
  // As written on the pages of firewalls and content delivery networks.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> labels = {{{"support id", "support ID"},
                                                                                     {"incident id", "incident ID"},
                                                                                     {"incident number", "incident"},
                                                                                     {"ray id", "ray ID"},
                                                                                     {"request id", "request ID"},
                                                                                     {"event id", "event ID"},
                                                                                     {"reference id", "reference"},
                                                                                     {"reference number", "reference"},
                                                                                     {"reference #", "reference"},
                                                                                     {"trace id", "trace ID"},
                                                                                     {"事件id", "event ID"},
                                                                                     {"请求id", "request ID"}}};
  const std::string text = text_of(page.substr(0, max_head));
  const std::string lower = boost::algorithm::to_lower_copy(text);
  for (const auto& [written, shown] : labels) {
    for (auto at = lower.find(written); at != std::string::npos; at = lower.find(written, at + 1)) {
      const auto number = number_after(std::string_view(text).substr(at + written.size()));
      if (!number.empty()) return fmt::format("{} {}", shown, number);
    }
  }
  return {};
}

std::string quote_body(std::string_view text) {
  return fmt::format("'{}'", clipped(harmless(in_one_line(text.substr(0, max_body_bytes))), max_body));
}

}  // namespace koobatch::koodrive
