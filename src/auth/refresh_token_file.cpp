#include "koobatch/auth/refresh_token_file.hpp"

#include "koobatch/auth/token.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/sync_folder.hpp"
#include "koobatch/core/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace koobatch::auth {
namespace {

namespace fs = std::filesystem;

/// The setting with its value, for messages.
std::string setting(const std::string& path) {
  return spell(SettingName::refresh_token_file, path);
}

/// A token of maximum length, and its newline.
constexpr std::size_t room = max_secret + 1;

/// The text before the zeros. Empty if it holds no complete token: none was written, or only part of one.
std::string_view whole_part(std::string_view text) {
  const auto end = text.find('\0');
  const auto written = text.substr(0, end);
  return end == std::string_view::npos || written.ends_with('\n') ? written : std::string_view();
}

/// Truncates the reserved space after a written token. Returns 0 once it is on disk, or an errno.
int finish_token(int fd, std::size_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0 || ::fsync(fd) != 0) return errno;
  return 0;
}

/// Writes the token and nothing else. Returns 0 once it is on disk, or an errno.
int write_token(int fd, std::string_view token) {
  int code = write_all(fd, token);
  // Written last: it marks the token as complete.
  if (code == 0) code = write_all(fd, "\n");
  return code == 0 ? finish_token(fd, token.size() + 1) : code;
}

/// For a token whose replacement a crash interrupted.
int finish_token(const std::string& path, std::size_t size) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno;
  const int code = finish_token(fd, size);
  ::close(fd);
  return code;
}

/// A mount point cannot be replaced. False if the system cannot tell.
bool is_mount_point(const std::string& path) {
  struct statx facts{};
  return ::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &facts) == 0 &&
         (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// Explains why a successor is neither used nor overwritten: only its owner knows what it is.
Error left_alone(Error error) {
  error.message += "; a refresh left it there, and it may be the only good token: correct it, or delete it";
  return error;
}

/// False if that cannot be determined.
bool is_older(const std::string& path, const std::string& other) {
  std::error_code first, second;
  const auto time = fs::last_write_time(path, first);
  const auto other_time = fs::last_write_time(other, second);
  return !first && !second && time < other_time;
}

}  // namespace

RefreshTokenFile::RefreshTokenFile(RefreshTokenFile&& other) noexcept
    : path_(std::move(other.path_)), next_(std::move(other.next_)), fd_(std::exchange(other.fd_, -1)) {}

RefreshTokenFile::~RefreshTokenFile() {
  if (fd_ >= 0) discard();
}

Result<RefreshTokenFile> RefreshTokenFile::open(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) {
    return usage_error(fmt::format("{}: cannot be read: {}", setting(path.string()), error.message()));
  }
  RefreshTokenFile file(real.string());
  if (is_mount_point(file.path_)) {
    return usage_error(
        fmt::format("{}: is a mount point and cannot be replaced; mount its folder instead", setting(file.path_)));
  }
  // Must be checked before a token is spent.
  if (const int code = sync_folder(real.parent_path()); code != 0) {
    return system_error(ErrorKind::usage, setting(file.path_),
                        "a refresh replaces it, and its folder cannot be synced, so that a crash might bring the old "
                        "token back; put it into another folder",
                        code);
  }
  if (auto recovered = file.recover(); !recovered) return recovered.error();
  if (const auto token = file.read(); !token) return token.error();
  if (auto prepared = file.prepare(); !prepared) return prepared.error();
  file.discard();
  return file;
}

/// A complete successor replaces a token that is spent: a crash prevented the rename. An incomplete one never held a
/// token.
Result<void> RefreshTokenFile::recover() const {
  std::error_code ignored;
  // Anything else blocks the successor, which prepare() reports.
  if (fs::symlink_status(next_, ignored).type() != fs::file_type::regular) return {};
  const std::string source = setting(next_);
  const auto text = read_secret_file(next_, source, room);
  if (!text) return left_alone(text.error());
  const auto whole = whole_part(text->view());
  if (whole.empty()) return {};
  if (const auto token = check_token(Secret(whole), source); !token) return left_alone(token.error());
  if (is_older(next_, path_)) {
    return usage_error(
        fmt::format("{}: {} is older, which a refresh left there; delete it if you have logged in since, or else move "
                    "it over the file",
                    setting(path_), next_));
  }
  if (const int code = finish_token(next_, whole.size()); code != 0) {
    return system_error(ErrorKind::usage, source, "holds the new refresh token, but cannot be finished", code);
  }
  return move_into_place();
}

Result<Secret> RefreshTokenFile::read() const {
  const std::string source = setting(path_);
  auto text = read_secret_file(path_, source, room);
  return text ? check_token(std::move(*text), source) : std::move(text);
}

Result<void> RefreshTokenFile::prepare() {
  if (fd_ >= 0) return {};
  fd_ = ::open(next_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  int code = fd_ >= 0 ? 0 : errno;
  if (code == 0 && ::fchmod(fd_, 0600) != 0) code = errno;
  // Reserved as zeros, which are not a token.
  if (code == 0) code = ::posix_fallocate(fd_, 0, static_cast<off_t>(room));
  if (code == 0) return {};
  if (fd_ >= 0) discard();
  return system_error(ErrorKind::usage, setting(path_),
                      "a refresh replaces the token in it, and its successor cannot be written beside it", code);
}

Result<void> RefreshTokenFile::replace(std::string_view token) {
  assert(fd_ >= 0);
  const int code = write_token(fd_, token);
  if (code != 0) {
    discard();
    return system_error(ErrorKind::fatal, setting(path_),
                        "the refresh token in it is spent, and the new one cannot be written, so it is lost; log in "
                        "again and put another one there",
                        code);
  }
  ::close(std::exchange(fd_, -1));
  return move_into_place();
}

Result<void> RefreshTokenFile::move_into_place() const {
  if (::rename(next_.c_str(), path_.c_str()) != 0) {
    return system_error(ErrorKind::fatal, setting(path_),
                        fmt::format("the refresh token in it is spent, and {}, which holds the new one, cannot be put "
                                    "in its place; move it there",
                                    next_),
                        errno);
  }
  if (const int code = sync_folder(fs::path(path_).parent_path()); code != 0) {
    spdlog::warn(
        "{}: holds the new token, but its folder cannot be synced ({}): if the machine crashes, the token "
        "may be lost",
        setting(path_), std::generic_category().message(code));
  }
  return {};
}

void RefreshTokenFile::discard() {
  ::close(std::exchange(fd_, -1));
  ::unlink(next_.c_str());
}

}  // namespace koobatch::auth
