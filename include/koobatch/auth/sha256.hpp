#pragma once
#include <openssl/types.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

using Sha256Digest = std::array<unsigned char, 32>;

/// SHA-256 of one text after another, reusing one context. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  Sha256Digest digest(std::string_view text);

 private:
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

/// SHA-256 of a text that arrives in pieces. Not thread-safe.
class RunningSha256 {
 public:
  RunningSha256();
  void add(std::string_view text);
  /// The digest of what was added so far.
  Sha256Digest digest() const;

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

/// HMAC-SHA256 with a fixed key, scheduled once. Not thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  Sha256Digest mac(std::string_view text);

 private:
  std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context_;
};

/// Appends the digest in lower-case hexadecimal, as signatures are written.
void append_hex(const Sha256Digest& digest, std::string& out);

}  // namespace koobatch::auth
