#include "koobatch/auth/credentials.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace koobatch::auth {
namespace {

constexpr std::string_view placeholder = "{token}";
constexpr std::size_t max_token = 16 * 1024;

bool fits_a_header(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// A token travels in a header: visible ASCII, and perhaps a space after its scheme word. One final newline, as editors
/// leave it, is no part of it.
Result<std::string> check_token(std::string token, const std::string& source) {
  if (!token.empty() && token.back() == '\n') token.pop_back();
  if (!token.empty() && token.back() == '\r') token.pop_back();
  if (token.empty()) return usage_error(fmt::format("{}: the token is empty", source));
  if (token.front() == ' ' || token.back() == ' ') {
    return usage_error(fmt::format("{}: the token begins or ends with a space; remove it", source));
  }
  if (!fits_a_header(token)) {
    return usage_error(
        fmt::format("{}: the token holds a line break or another character that no header can carry; "
                    "the file must hold the token and nothing else",
                    source));
  }
  return token;
}

Result<std::string> read_token_file(const std::filesystem::path& path) {
  const std::string source = fmt::format("--token-file {}", path.string());
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return system_error(ErrorKind::usage, source, "cannot be read", errno);
  struct stat facts {};
  std::string token(max_token + 1, '\0');
  std::size_t size = 0;
  ssize_t got = ::fstat(file, &facts) == 0 ? 1 : -1;
  // A pipe may give it in pieces.
  while (got > 0 && size < token.size()) {
    got = ::read(file, token.data() + size, token.size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  const int cause = errno;
  ::close(file);
  if (got < 0) return system_error(ErrorKind::usage, source, "cannot be read", cause);
  if (S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return usage_error(fmt::format("{}: others can read it; run 'chmod 600 {}'", source, path.string()));
  }
  if (size > max_token) return usage_error(fmt::format("{}: longer than 16 KiB", source));
  token.resize(size);
  return check_token(std::move(token), source);
}

Result<std::string> read_token(const CredentialSettings& settings) {
  if (!settings.token_file.empty()) return read_token_file(settings.token_file);
  const char* value = std::getenv(settings.token_env.c_str());
  const std::string source = fmt::format("--token-env {}", settings.token_env);
  if (value == nullptr) return usage_error(fmt::format("{}: there is no such environment variable", source));
  return check_token(value, source);
}

constexpr std::string_view own_scheme = "Bearer+";

/// The service's own refresh hands out tokens that way: "AT 3b911d…".
bool carries_its_scheme(std::string_view token) {
  return token.find(' ') != std::string_view::npos || token.starts_with(own_scheme);
}

Result<std::string> render(const CredentialSettings& settings) {
  const auto place = settings.authorization.find(placeholder);
  if (place == std::string::npos) {
    return usage_error(fmt::format("--authorization '{}': must contain {{token}}", settings.authorization));
  }
  if (!fits_a_header(settings.authorization)) {
    return usage_error(fmt::format(
        "--authorization: holds a line break or another character that no header can carry; write it as '{}'",
        default_authorization));
  }
  auto token = read_token(settings);
  if (!token || carries_its_scheme(*token)) return token;
  std::string header = settings.authorization;
  header.replace(place, placeholder.size(), *token);
  return header;
}

}  // namespace

Result<std::unique_ptr<Credentials>> Credentials::load(const CredentialSettings& settings) {
  auto header = render(settings);
  if (!header) return header.error();
  auto credentials = std::unique_ptr<Credentials>(new Credentials(settings));
  credentials->header_ = std::make_shared<const std::string>(std::move(*header));
  return credentials;
}

std::unique_ptr<Credentials> Credentials::simulated() {
  auto credentials = std::unique_ptr<Credentials>(new Credentials({}));
  credentials->header_ = std::make_shared<const std::string>("Bearer+simulated");
  return credentials;
}

Credentials::Header Credentials::header() const {
  const std::lock_guard guard(mutex_);
  return header_;
}

bool Credentials::renew(const Header& refused) {
  const std::lock_guard guard(mutex_);
  if (*header_ != *refused) return true;
  if (!settings_.any()) return false;
  auto header = render(settings_);
  if (!header || *header == *refused) return false;
  header_ = std::make_shared<const std::string>(std::move(*header));
  return true;
}

std::string_view Credentials::secret_in(std::string_view header) const {
  if (!settings_.any()) return {};
  const std::string_view form = settings_.authorization;
  const auto place = form.find(placeholder);
  const auto before = form.substr(0, place);
  const auto after = form.substr(place + placeholder.size());
  if (header.size() > before.size() + after.size() && header.starts_with(before) && header.ends_with(after)) {
    header = header.substr(before.size(), header.size() - before.size() - after.size());
  }
  // A token may have brought its scheme word along, which may be shown, and which an echo may leave out.
  if (header.starts_with(own_scheme)) header.remove_prefix(own_scheme.size());
  return header.substr(header.rfind(' ') + 1);
}

std::string Credentials::source() const {
  if (!settings_.token_file.empty()) return fmt::format("--token-file {}", settings_.token_file.string());
  if (!settings_.token_env.empty()) return fmt::format("--token-env {}", settings_.token_env);
  return "--simulate";
}

}  // namespace koobatch::auth
