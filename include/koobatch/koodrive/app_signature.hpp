#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/sha256.hpp"
#include "koobatch/koodrive/canonical_request.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// How many characters the signature has; it ends the header's value.
constexpr std::size_t signature_length = 64;

/// "HMAC-SHA256 AppId=ID,SignedHeaders=host;x-date;x-user-id,Signature=": the value of Authorization up to the
/// signature.
std::string signature_prefix(std::string_view app_id);

/// Signs requests with an app's secret, each attempt anew: the signature covers X-Date and the body. For use by one
/// thread, which reuses it: once its buffer has grown, it allocates nothing itself (OpenSSL 3.0 does, within each
/// digest).
class Signer {
 public:
  explicit Signer(const auth::AppKey& key) : prefix_(signature_prefix(key.id())), hmac_(key.secret()) {}
  /// Appends the value of the Authorization header.
  void append_authorization(const SignedParts& request, std::string& out);

 private:
  std::string prefix_;
  auth::Sha256 sha256_;
  auth::HmacSha256 hmac_;
  std::string text_;
};

}  // namespace koobatch::koodrive
