#include "koobatch/auth/sha256.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace koobatch::auth {
namespace {

/// These calls fail only for lack of memory, or if the library lacks the algorithm.
void must(bool succeeded) {
  if (!succeeded) throw std::runtime_error("the OpenSSL library cannot compute SHA-256");
}

const unsigned char* bytes_of(std::string_view text) {
  // OpenSSL takes a null key for the previous one, and an empty view may be null.
  return reinterpret_cast<const unsigned char*>(text.data() == nullptr ? "" : text.data());
}

EVP_MAC_CTX* new_hmac_context() {
  const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> algorithm(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr),
                                                               EVP_MAC_free);
  return algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr;
}

}  // namespace

// The algorithm is fetched once: looking it up costs more than a signature.
Sha256::Sha256()
    : algorithm_(EVP_MD_fetch(nullptr, OSSL_DIGEST_NAME_SHA2_256, nullptr), EVP_MD_free),
      context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  must(algorithm_ && context_);
}

Sha256Digest Sha256::digest(std::string_view text) {
  Sha256Digest digest;
  must(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1 &&
       EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1 &&
       EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  return digest;
}

RunningSha256::RunningSha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  must(context_ && EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr) == 1);
}

void RunningSha256::add(std::string_view text) {
  must(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
}

Sha256Digest RunningSha256::digest() const {
  // Reading the digest ends the computation, so a copy of it is ended.
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> copy(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Sha256Digest digest;
  must(copy && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1 &&
       EVP_DigestFinal_ex(copy.get(), digest.data(), nullptr) == 1);
  return digest;
}

HmacSha256::HmacSha256(std::string_view key) : context_(new_hmac_context(), EVP_MAC_CTX_free) {
  char digest[] = OSSL_DIGEST_NAME_SHA2_256;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  must(context_ && EVP_MAC_init(context_.get(), bytes_of(key), key.size(), parameters) == 1);
}

Sha256Digest HmacSha256::mac(std::string_view text) {
  Sha256Digest digest;
  std::size_t size = 0;
  // Without a key it restarts with the key it already scheduled.
  must(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
       EVP_MAC_update(context_.get(), bytes_of(text), text.size()) == 1 &&
       EVP_MAC_final(context_.get(), digest.data(), &size, digest.size()) == 1);
  return digest;
}

void append_hex(const Sha256Digest& digest, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  char text[2 * std::tuple_size_v<Sha256Digest>];
  char* to = text;
  for (const unsigned char byte : digest) {
    *to++ = digits[byte >> 4U];
    *to++ = digits[byte & 15U];
  }
  out.append(text, sizeof text);
}

}  // namespace koobatch::auth
