#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// Whether a header can carry these characters.
bool fits_a_header(std::string_view text);

/// Checks that a token can travel in a header: visible ASCII, and perhaps a space after its scheme word. One final
/// newline, as editors add it, is removed. `source` says where the token is from, for the error (usage).
Result<Secret> check_token(Secret text, const std::string& source);

/// Reads a file that holds a token and nothing else. `source` names it in messages: "--token-file token".
Result<Secret> read_token_file(const std::filesystem::path& path, const std::string& source);

/// Detects that a file has been changed or replaced, without reading it.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  std::int64_t changed_ns = 0;  ///< the inode's change time, which cannot be set back
  bool operator==(const FileStamp&) const = default;

  /// The stamp of a missing file equals FileStamp().
  static FileStamp of(const std::filesystem::path& path);
};

}  // namespace koobatch::auth
