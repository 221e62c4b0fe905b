#include "koobatch/job/json_syntax.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/trimmed.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // Boost.JSON is compiled here: only this file uses it

#include <limits>
#include <optional>
#include <utility>

namespace koobatch::job {
namespace {

namespace json = boost::json;

/// Accepts whatever the parser finds: only where it stops is of interest.
struct Discard {
  using view = json::string_view;
  using error = boost::system::error_code;
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  static bool on_document_begin(error&) { return true; }
  static bool on_document_end(error&) { return true; }
  static bool on_object_begin(error&) { return true; }
  static bool on_object_end(std::size_t, error&) { return true; }
  static bool on_array_begin(error&) { return true; }
  static bool on_array_end(std::size_t, error&) { return true; }
  static bool on_key_part(view, std::size_t, error&) { return true; }
  static bool on_key(view, std::size_t, error&) { return true; }
  static bool on_string_part(view, std::size_t, error&) { return true; }
  static bool on_string(view, std::size_t, error&) { return true; }
  static bool on_number_part(view, error&) { return true; }
  static bool on_int64(std::int64_t, view, error&) { return true; }
  static bool on_uint64(std::uint64_t, view, error&) { return true; }
  static bool on_double(double, view, error&) { return true; }
  static bool on_bool(bool, error&) { return true; }
  static bool on_null(error&) { return true; }
  static bool on_comment_part(view, error&) { return true; }
  static bool on_comment(view, error&) { return true; }
};

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto from = i;
    const auto c = next_code_point(text, i);
    if (c < 0) return from;
  }
  return std::nullopt;
}

/// Characters that separate records elsewhere, but not here.
bool is_foreign_separator(std::int32_t c) {
  constexpr std::int32_t record_separator = 0x1e, next_line = 0x85, line_separator = 0x2028,
                         paragraph_separator = 0x2029;
  return c == record_separator || c == next_line || c == line_separator || c == paragraph_separator;
}

// Boost's own messages for the common cases would leave people guessing.
std::string cause(const boost::system::error_code& error, std::string_view text, std::size_t at) {
  if (error == json::error::incomplete) return "it ends too early";
  if (error == json::error::extra_data) {
    if (const auto next = next_code_point(text, at); is_foreign_separator(next)) {
      return fmt::format("{} does not end a record, only a line feed does", describe_character(next));
    }
    return "there is more after the object";
  }
  if (error == json::error::syntax && at < text.size()) {
    return fmt::format("unexpected {}", describe_character(next_code_point(text, at)));
  }
  return error.message();
}

struct Stop {
  boost::system::error_code error;
  std::size_t at = 0;
};

/// Finds where the text stops being JSON; no error if it does not.
Stop find_stop(std::string_view text) {
  json::parse_options options;
  options.max_depth = simdjson::DEFAULT_MAX_DEPTH;
  json::basic_parser<Discard> parser(options);
  Stop stop;
  stop.at = parser.write_some(false, text.data(), text.size(), stop.error);
  if (!stop.error && stop.at < text.size()) stop.error = json::error::extra_data;
  return stop;
}

/// What simdjson finds wrong with JSON that is well formed: the size of a number, if it is not short of memory itself.
/// How that error is called depends on its version.
std::string_view verdict(simdjson::error_code error) {
  const bool is_short = error == simdjson::MEMALLOC || error == simdjson::CAPACITY;
  return is_short ? simdjson::error_message(error) : "a number is out of range";
}

constexpr std::string_view blanks = " \t\r";

}  // namespace

std::string explain_json_error(std::string_view text, simdjson::error_code error_code) {
  if (auto fault = explain_utf8_error(text)) return std::move(*fault);
  const auto [error, at] = find_stop(text);
  if (!error) return fmt::format("is not valid JSON: {}", verdict(error_code));
  return fmt::format("is not valid JSON at byte {}: {}", at + 1, cause(error, text, at));
}

std::optional<std::string> find_other_form(std::string_view first_line) {
  const auto text = trimmed(first_line, blanks);
  if (text.empty()) return std::nullopt;
  if (text.front() == '\x1e') {
    return "begins with U+001E, so it is a JSON text sequence; make lines of it with tr -d '\\036'";
  }
  if (text.front() == '[') {
    const auto next = text.find_first_not_of(blanks, 1);
    if (next != std::string_view::npos && text[next] != '{' && text[next] != ']') return std::nullopt;
    return "begins a JSON array, and a job has one object per line; make lines of it with jq -c '.[]'";
  }
  constexpr std::string_view unfinished = "{,:[";
  const bool goes_on = text.front() == '{' && unfinished.find(text.back()) != std::string_view::npos;
  if (!goes_on || find_stop(text).error != json::error::incomplete) return std::nullopt;
  return "begins an object that spans several lines; put each on one line with jq -c .";
}

std::optional<std::string> explain_utf8_error(std::string_view text) {
  const auto at = first_invalid_utf8(text);
  if (!at) return std::nullopt;
  return fmt::format("is not valid UTF-8 at byte {} (0x{:02x})", *at + 1, static_cast<unsigned char>(text[*at]));
}

}  // namespace koobatch::job
