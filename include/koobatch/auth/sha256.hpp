#pragma once
#include <openssl/types.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

using Sha256Digest = std::array<unsigned char, 32>;

/// SHA-256, one text after the other. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  Sha256Digest digest(std::string_view text);

 private:
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

/// HMAC-SHA256 with one key, which is scheduled once. Not thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  Sha256Digest mac(std::string_view text);

 private:
  std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context_;
};

/// In lower case, as signatures are written.
void append_hex(const Sha256Digest& digest, std::string& out);

}  // namespace koobatch::auth
