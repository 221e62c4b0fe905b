#include "koobatch/auth/app_key.hpp"

#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::auth {
namespace {

/// One final newline, as editors add it, is not part of the secret.
void drop_final_newline(Secret& secret) {
  std::string_view text = secret.view();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  secret.shorten(text.size());
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

Result<std::shared_ptr<const AppKey>> AppKey::load(const AppSettings& settings) {
  if (!settings.any()) return std::shared_ptr<const AppKey>();
  const std::string source = spell(SettingName::app_secret_file, settings.secret_file.string());
  auto secret = read_secret_file(settings.secret_file, source);
  if (!secret) return secret.error();
  drop_final_newline(*secret);
  const std::string_view text = secret->view();
  if (text.empty()) return usage_error(fmt::format("{}: the secret is empty", source));
  if (text.front() == ' ' || text.back() == ' ') {
    return usage_error(fmt::format("{}: the secret begins or ends with a space; remove it", source));
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return usage_error(
        fmt::format("{}: the secret holds a line break or another control character; the file must hold the secret and "
                    "nothing else",
                    source));
  }
  return std::make_shared<const AppKey>(settings.id, std::move(*secret));
}

bool is_app_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

}  // namespace koobatch::auth
