#pragma once
#include "koobatch/core/error.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// Bytes that are wiped before their memory is given back, and never copied.
class Secret {
 public:
  /// So many zero bytes.
  explicit Secret(std::size_t size) : bytes_(std::make_unique<char[]>(size)), capacity_(size), size_(size) {}
  explicit Secret(std::string_view text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&&) = delete;
  ~Secret();

  char* data() { return bytes_.get(); }
  std::string_view view() const { return {bytes_.get(), size_}; }
  /// Leaves out what comes after the first `size` bytes.
  void shorten(std::size_t size) { size_ = size; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;  ///< all that is wiped
  std::size_t size_;
};

constexpr std::size_t max_secret = 16 * 1024;

/// A file with these facts (of fstat) and secrets in it may be read by its owner only; else the error (usage) says what
/// command mends that. `source` names it in messages. What is no regular file is not judged.
Result<void> check_owner_only(const struct stat& facts, const std::filesystem::path& path, const std::string& source);

/// Reads a file that holds a secret and nothing else, at most `limit` bytes, as they are. One that others can read
/// is refused. `source` names it in messages: "--app-secret-file secret".
Result<Secret> read_secret_file(const std::filesystem::path& path, const std::string& source,
                                std::size_t limit = max_secret);

}  // namespace koobatch::auth
