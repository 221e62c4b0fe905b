#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// The file that holds the refresh token. Each refresh may spend the token and yield another, so the file is replaced
/// atomically: at any instant it holds one or the other. Space for the next token is reserved before the service is
/// asked for it.
class RefreshTokenFile {
 public:
  /// Completes a replacement that a crash interrupted. A file that cannot be read or replaced is a usage error.
  static Result<RefreshTokenFile> open(const std::filesystem::path& path);
  RefreshTokenFile(RefreshTokenFile&& other) noexcept;
  RefreshTokenFile& operator=(RefreshTokenFile&&) = delete;
  ~RefreshTokenFile();

  /// The token that the file holds now.
  Result<Secret> read() const;
  /// Reserves space for another token. Must succeed before one is asked for.
  Result<void> prepare();
  /// Durably replaces the token. Precondition: prepare() succeeded. The error says where the token is instead, if
  /// anywhere.
  Result<void> replace(std::string_view token);
  const std::string& path() const { return path_; }

 private:
  explicit RefreshTokenFile(std::string path) : path_(std::move(path)), next_(path_ + ".new") {}
  Result<void> recover() const;
  Result<void> move_into_place() const;
  void discard();

  std::string path_;  ///< of the file itself, with links resolved
  std::string next_;  ///< where its successor is written
  int fd_ = -1;       ///< of the successor, while its space is reserved
};

}  // namespace koobatch::auth
