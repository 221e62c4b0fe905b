#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// A secret to search for where it must not appear: unchanged, in base64, in hex, and URL-encoded.
class Canary {
 public:
  explicit Canary(std::string secret);

  const std::string& secret() const { return forms_.front(); }
  bool in(std::string_view text) const;

 private:
  std::vector<std::string> forms_;  ///< the secret itself first
};

}  // namespace koobatch::test
