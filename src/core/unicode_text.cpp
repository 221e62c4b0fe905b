#include "koobatch/core/unicode_text.hpp"

#include "koobatch/core/utf8.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cassert>

namespace koobatch {
namespace {

const icu::Normalizer2& composer() {
  UErrorCode status = U_ZERO_ERROR;
  const auto* instance = icu::Normalizer2::getNFCInstance(status);
  assert(U_SUCCESS(status));
  return *instance;
}

icu::StringPiece piece(std::string_view text) {
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool is_composed(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  return composer().isNormalizedUTF8(piece(text), status) != 0 || U_FAILURE(status);
}

std::string composed(std::string_view text) {
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode status = U_ZERO_ERROR;
  composer().normalizeUTF8(0, piece(text), sink, nullptr, status);
  return U_SUCCESS(status) ? out : std::string(text);
}

std::string case_folded(std::string_view text) {
  std::string folded;
  if (is_ascii(text)) {
    folded.resize(text.size());
    std::ranges::transform(text, folded.begin(), lower);
    return folded;
  }
  // Folding can take a text out of composed form.
  icu::UnicodeString::fromUTF8(piece(text)).foldCase().toUTF8String(folded);
  return composed(folded);
}

bool begins_with_letter(std::string_view text) {
  if (text.empty()) return false;
  std::size_t i = 0;
  return u_isalpha(next_code_point(text, i)) != 0;
}

}  // namespace koobatch
