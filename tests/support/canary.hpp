#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// A secret to be looked for where it must not be: as it is, in base64, in hex, and encoded for URLs.
class Canary {
 public:
  explicit Canary(std::string secret);

  const std::string& secret() const { return forms_.front(); }
  bool in(std::string_view text) const;

 private:
  std::vector<std::string> forms_;  ///< the secret itself first
};

}  // namespace koobatch::test
