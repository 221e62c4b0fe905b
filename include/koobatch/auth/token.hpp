#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// Can a header carry these characters?
bool fits_a_header(std::string_view text);

/// A token travels in a header: visible ASCII, and perhaps a space after its scheme word. One final newline, as editors
/// leave it, is no part of it. `source` says where it is from, for the error (usage).
Result<Secret> check_token(Secret text, const std::string& source);

/// What a file holds that has a token in it and nothing else. `source` names it in messages: "--token-file token".
Result<Secret> read_token_file(const std::filesystem::path& path, const std::string& source);

/// What tells that a file has been changed or replaced, without reading it.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  std::int64_t changed_ns = 0;  ///< the inode's own time, which nobody can set back
  bool operator==(const FileStamp&) const = default;

  /// Of a file that is not there: as of none.
  static FileStamp of(const std::filesystem::path& path);
};

}  // namespace koobatch::auth
