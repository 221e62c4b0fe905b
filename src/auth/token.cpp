#include "koobatch/auth/token.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace koobatch::auth {

bool fits_a_header(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Result<Secret> check_token(Secret token, const std::string& source) {
  std::string_view text = token.view();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  token.shorten(text.size());
  if (text.empty()) return usage_error(fmt::format("{}: the token is empty", source));
  if (text.size() > max_secret) return usage_error(fmt::format("{}: longer than 16 KiB", source));
  if (text.front() == ' ' || text.back() == ' ') {
    return usage_error(fmt::format("{}: the token begins or ends with a space; remove it", source));
  }
  if (!fits_a_header(text)) {
    return usage_error(
        fmt::format("{}: the token holds a line break or another character that no header can carry; "
                    "give the token and nothing else",
                    source));
  }
  return token;
}

Result<Secret> read_token_file(const std::filesystem::path& path, const std::string& source) {
  auto text = read_secret_file(path, source);
  if (!text) return text;
  return check_token(std::move(*text), source);
}

FileStamp FileStamp::of(const std::filesystem::path& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino, facts.st_size,
          std::int64_t{facts.st_ctim.tv_sec} * 1'000'000'000 + facts.st_ctim.tv_nsec};
}

}  // namespace koobatch::auth
