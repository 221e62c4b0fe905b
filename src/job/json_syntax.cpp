#include "koobatch/job/json_syntax.hpp"

#include "koobatch/job/describe.hpp"
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

// Boost's own words for the common cases would leave people guessing.
std::string cause(const boost::system::error_code& error, std::string_view text, std::size_t at) {
  if (error == json::error::incomplete) return "it ends too early";
  if (error == json::error::extra_data) return "there is more after the object";
  if (error == json::error::syntax && at < text.size()) {
    return fmt::format("unexpected {}", describe_character(next_code_point(text, at)));
  }
  return error.message();
}

}  // namespace

std::string explain_json_error(std::string_view text, std::string_view verdict) {
  if (auto fault = explain_utf8_error(text)) return std::move(*fault);
  json::parse_options options;
  options.max_depth = simdjson::DEFAULT_MAX_DEPTH;
  json::basic_parser<Discard> parser(options);
  boost::system::error_code error;
  auto at = parser.write_some(false, text.data(), text.size(), error);
  if (!error && at < text.size()) error = json::error::extra_data;
  if (!error) return fmt::format("is not valid JSON: {}", verdict);
  return fmt::format("is not valid JSON at byte {}: {}", at + 1, cause(error, text, at));
}

std::optional<std::string> explain_utf8_error(std::string_view text) {
  const auto at = first_invalid_utf8(text);
  if (!at) return std::nullopt;
  return fmt::format("is not valid UTF-8 at byte {} (0x{:02x})", *at + 1, static_cast<unsigned char>(text[*at]));
}

}  // namespace koobatch::job
