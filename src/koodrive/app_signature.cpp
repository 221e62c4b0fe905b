#include "koobatch/koodrive/app_signature.hpp"

#include <fmt/format.h>

namespace koobatch::koodrive {

std::string signature_prefix(std::string_view app_id) {
  return fmt::format("HMAC-SHA256 AppId={},SignedHeaders={},Signature=", app_id, signed_headers);
}

void Signer::append_authorization(const SignedParts& request, std::string& out) {
  text_.clear();
  append_canonical_head(request, text_);
  auth::append_hex(sha256_.digest(request.body), text_);
  const auth::Sha256Digest canonical_request = sha256_.digest(text_);

  text_.assign("HMAC-SHA256\n");
  auth::append_hex(canonical_request, text_);
  out.append(prefix_);
  auth::append_hex(hmac_.mac(text_), out);
}

}  // namespace koobatch::koodrive
