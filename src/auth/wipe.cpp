#include "koobatch/auth/wipe.hpp"

#include <openssl/crypto.h>

namespace koobatch::auth {

void wipe(std::string& text) {
  // Growing within the capacity reallocates nothing.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace koobatch::auth
