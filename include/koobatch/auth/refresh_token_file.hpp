#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// The file that holds the refresh token. Each refresh may spend the token and give another, so the file is replaced
/// as a whole: at any instant it holds one or the other. Room for the next is made before the service is asked for it.
class RefreshTokenFile {
 public:
  /// Finishes what a crash has left of a replacement. A file that cannot be read, or not be replaced, is a usage error.
  static Result<RefreshTokenFile> open(const std::filesystem::path& path);
  RefreshTokenFile(RefreshTokenFile&& other) noexcept;
  RefreshTokenFile& operator=(RefreshTokenFile&&) = delete;
  ~RefreshTokenFile();

  /// The token, as the file holds it now.
  Result<Secret> read() const;
  /// Makes room for another token. Without it none must be asked for.
  Result<void> prepare();
  /// After prepare(): the file holds `token` from now on, durably. The error says where the token is instead, if
  /// anywhere.
  Result<void> replace(std::string_view token);
  const std::string& path() const { return path_; }

 private:
  explicit RefreshTokenFile(std::string path) : path_(std::move(path)), next_(path_ + ".new") {}
  Result<void> recover() const;
  Result<void> move_into_place() const;
  void discard();

  std::string path_;  ///< of the file itself, not of a link to it
  std::string next_;  ///< where its successor is written
  int fd_ = -1;       ///< of the successor, while room is made
};

}  // namespace koobatch::auth
