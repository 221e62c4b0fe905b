#pragma once
#include "koobatch/core/error.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// Bytes that are never copied, and wiped before their memory is freed.
class Secret {
 public:
  /// `size` zero bytes.
  explicit Secret(std::size_t size) : bytes_(std::make_unique<char[]>(size)), capacity_(size), size_(size) {}
  explicit Secret(std::string_view text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&&) = delete;
  ~Secret();

  char* data() { return bytes_.get(); }
  std::string_view view() const { return {bytes_.get(), size_}; }
  /// Drops everything after the first `size` bytes.
  void shorten(std::size_t size) { size_ = size; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;  ///< everything that is wiped
  std::size_t size_;
};

constexpr std::size_t max_secret = 16 * 1024;

/// Checks that only the owner of a file that holds secrets can read it. `facts` are its fstat(). The error (usage)
/// gives the command that corrects its permissions. `source` names the file in messages. Anything but a regular file
/// passes.
Result<void> check_owner_only(const struct stat& facts, const std::filesystem::path& path, const std::string& source);

/// Reads a file that holds a secret and nothing else, unchanged, at most `limit` bytes. A file that others can read is
/// refused. `source` names it in messages: "--app-secret-file secret".
Result<Secret> read_secret_file(const std::filesystem::path& path, const std::string& source,
                                std::size_t limit = max_secret);

}  // namespace koobatch::auth
