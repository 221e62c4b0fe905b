#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

// Secrets of each kind that a run or a worker is given; with letters that base64 and URLs write differently.
inline constexpr std::string_view file_canary = "cAnAry+f1le/7Qx=";
inline constexpr std::string_view variable_canary = "cAnAry+v4r/8Rw=";
inline constexpr std::string_view command_canary = "cAnAry+c0mm/9Tz=";
inline constexpr std::string_view user_canary = "cAnAry+us3r/9Vf=";
inline constexpr std::string_view app_canary = "cAnAry+4pp/6Hd=";

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
