#include "koobatch/job/json_syntax.hpp"

#include "koobatch/job/utf8.hpp"

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // Boost.JSON is compiled here: only this file uses it

#include <limits>
#include <optional>

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

}  // namespace

std::string explain_json_error(std::string_view text, std::string_view verdict) {
  if (const auto at = first_invalid_utf8(text)) {
    return fmt::format("is not valid UTF-8 at byte {} (0x{:02x})", *at + 1, static_cast<unsigned char>(text[*at]));
  }
  json::basic_parser<Discard> parser{json::parse_options{}};
  boost::system::error_code error;
  const auto read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) return fmt::format("is not valid JSON: {}", verdict);
  return fmt::format("is not valid JSON at byte {}: {}", read + 1, error.message());
}

}  // namespace koobatch::job
