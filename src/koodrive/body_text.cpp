#include "koodrive/body_text.hpp"

#include <simdjson.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>
#include <boost/algorithm/string/find.hpp>
#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::koodrive {
namespace {

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

/// The text of a body in the encoding of that name; nothing if ICU does not know it or the body is not valid in it.
std::optional<WipedString> converted(std::string_view body, const char* encoding) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(encoding, &status), &ucnv_close);
  if (U_FAILURE(status)) return std::nullopt;
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  // No byte of any encoding stands for more than two units, and no unit takes more than three bytes.
  std::vector<UChar, WipingAllocator<UChar>> units(2 * body.size() + 1);
  const auto count = ucnv_toUChars(converter.get(), units.data(), static_cast<std::int32_t>(units.size()), body.data(),
                                   static_cast<std::int32_t>(body.size()), &status);
  if (U_FAILURE(status)) return std::nullopt;
  WipedString text(3 * static_cast<std::size_t>(count) + 1, '\0');
  std::int32_t size = 0;
  u_strToUTF8(text.data(), static_cast<std::int32_t>(text.size()), &size, units.data(), count, &status);
  if (U_FAILURE(status)) return std::nullopt;
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// "gbk" from "application/json; charset=gbk"; empty if there is none that could be an encoding's name.
std::string charset_of(std::string_view content_type) {
  constexpr std::string_view parameter = "charset=";
  constexpr std::size_t longest_name = 40;
  const auto found = boost::algorithm::ifind_first(content_type, parameter);
  if (found.empty()) return {};
  std::string_view name = content_type.substr(static_cast<std::size_t>(found.end() - content_type.begin()));
  name = name.substr(0, name.find(';'));
  name.remove_prefix(std::min(name.find_first_not_of(" \"'"), name.size()));
  name = name.substr(0, name.find_first_of(" \"'"));
  const bool plain = std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; });
  return plain && name.size() <= longest_name ? std::string(name) : std::string();
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view body) {
  if (body.starts_with(utf8_mark)) body.remove_prefix(utf8_mark.size());
  return body;
}

std::optional<WipedString> to_utf8(std::string_view body, std::string_view content_type) {
  UErrorCode status = U_ZERO_ERROR;
  std::int32_t mark = 0;
  const char* const marked =
      ucnv_detectUnicodeSignature(body.data(), static_cast<std::int32_t>(body.size()), &mark, &status);
  if (U_SUCCESS(status) && marked != nullptr && !body.starts_with(utf8_mark)) {
    return converted(body.substr(static_cast<std::size_t>(mark)), marked);
  }
  if (simdjson::validate_utf8(body.data(), body.size())) return std::nullopt;
  if (const std::string charset = charset_of(content_type); !charset.empty()) {
    if (auto text = converted(body, charset.c_str())) return text;
  }
  return converted(body, "GB18030");
}

std::string_view compression_of(std::string_view content_encoding, std::string_view body) {
  constexpr std::array<std::string_view, 7> known = {"gzip", "x-gzip",   "deflate",   "br",
                                                     "zstd", "compress", "x-compress"};
  const auto named = std::ranges::find_if(
      known, [&](std::string_view name) { return boost::algorithm::iequals(name, content_encoding); });
  if (named != known.end()) return *named;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> begins = {
      {{"\x1f\x8b", "gzip"}, {"\x28\xb5\x2f\xfd", "zstd"}}};
  for (const auto& [bytes, name] : begins) {
    if (body.starts_with(bytes)) return name;
  }
  return {};
}

}  // namespace koobatch::koodrive
