#include "koobatch/auth/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace koobatch::auth {

Secret::Secret(std::string_view text) : Secret(text.size()) {
  text.copy(bytes_.get(), text.size());
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)),
      capacity_(std::exchange(other.capacity_, 0)),
      size_(std::exchange(other.size_, 0)) {}

Secret::~Secret() {
  if (bytes_) OPENSSL_cleanse(bytes_.get(), capacity_);
}

namespace {

/// Whether the file lies in the folder that systemd makes for a service's credentials, to which only the service has
/// access. systemd grants that through an access control list, whose mask appears as the group's permissions.
bool is_service_credential(const std::filesystem::path& path) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  return folder != nullptr && *folder != '\0' && path.parent_path() == std::filesystem::path(folder);
}

}  // namespace

Result<void> check_owner_only(const struct stat& facts, const std::filesystem::path& path, const std::string& source) {
  const mode_t others = is_service_credential(path) ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if (!S_ISREG(facts.st_mode) || (facts.st_mode & others) == 0) return {};
  return usage_error(fmt::format("{}: others can read it; run 'chmod 600 {}'", source, path.string()));
}

Result<Secret> read_secret_file(const std::filesystem::path& path, const std::string& source, std::size_t limit) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return system_error(ErrorKind::usage, source, "cannot be read", errno);
  struct stat facts{};
  Secret secret(limit + 1);
  std::size_t size = 0;
  ssize_t got = ::fstat(file, &facts) == 0 ? 1 : -1;
  // A pipe may deliver it in pieces.
  while (got > 0 && size <= limit) {
    got = ::read(file, secret.data() + size, limit + 1 - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  const int cause = errno;
  ::close(file);
  if (got < 0) return system_error(ErrorKind::usage, source, "cannot be read", cause);
  if (auto own = check_owner_only(facts, path, source); !own) return own.error();
  if (size > limit) return usage_error(fmt::format("{}: longer than 16 KiB", source));
  secret.shorten(size);
  return secret;
}

}  // namespace koobatch::auth
