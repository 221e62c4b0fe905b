#include "koobatch/page/style.hpp"

#include "koobatch/page/embed.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

KOOBATCH_EMBED(style, KOOBATCH_STYLE_SHEET);

namespace koobatch::page {

std::string_view style() {
  return {koobatch_asset_style, koobatch_asset_style_end};
}

std::string policy_hash(std::string_view content) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(content.data(), content.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::array<unsigned char, 45> base64{};
  const int size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return fmt::format("'sha256-{}'", std::string(base64.begin(), base64.begin() + size));
}

}  // namespace koobatch::page
