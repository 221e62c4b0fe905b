#include "canary.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace koobatch::test {
namespace {

std::string hex(std::string_view text, bool upper) {
  std::string out;
  for (const char c : text) out += upper ? fmt::format("{:02X}", c) : fmt::format("{:02x}", c);
  return out;
}

std::string url_encoded(std::string_view text, bool upper) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out += upper ? fmt::format("%{:02X}", c) : fmt::format("%{:02x}", c);
    }
  }
  return out;
}

/// The part of a base64 encoding that is certain to appear when `text` follows `before` other bytes.
std::string base64(std::string_view text, std::size_t before) {
  const std::string padded = std::string(before, 'x') + std::string(text);
  std::string out(padded.size() / 3 * 4 + 5, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(padded.data()),
                  static_cast<int>(padded.size()));
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t end = padded.size() * 8 / 6;
  return out.substr(first, end - first);
}

}  // namespace

Canary::Canary(std::string secret) {
  forms_.push_back(secret);
  for (const bool upper : {false, true}) {
    forms_.push_back(hex(secret, upper));
    forms_.push_back(url_encoded(secret, upper));
  }
  for (const std::size_t before : {0U, 1U, 2U}) {
    forms_.push_back(base64(secret, before));
    auto for_urls = forms_.back();
    std::replace(for_urls.begin(), for_urls.end(), '+', '-');
    std::replace(for_urls.begin(), for_urls.end(), '/', '_');
    forms_.push_back(std::move(for_urls));
  }
}

bool Canary::in(std::string_view text) const {
  return std::any_of(forms_.begin(), forms_.end(),
                     [&](const std::string& form) { return text.find(form) != std::string_view::npos; });
}

}  // namespace koobatch::test
