#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/new_file.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::retry {

/// Compresses a text that comes in pieces.
class Packer {
 public:
  virtual ~Packer() = default;
  /// Appends what can be written so far; with `last`, everything.
  virtual void pack(std::string_view text, bool last, std::string& out) = 0;
};

/// The one that the name asks for: .gz is gzip, .zst and .zstd are zstd (any case). Null: the file is not compressed.
std::unique_ptr<Packer> packer_for(const std::filesystem::path& path);

/// A new job file (mode 0600, because a job may be confidential), compressed if its name says so. Like NewFile, it gets
/// its name only when it is finished, and never replaces another.
class JobOutput {
 public:
  static Result<JobOutput> create(const std::filesystem::path& path);

  Result<void> write(std::string_view text);
  Result<void> finish();

 private:
  JobOutput(NewFile file, std::unique_ptr<Packer> packer) : file_(std::move(file)), packer_(std::move(packer)) {}
  Result<void> write_packed(std::string_view text, bool last);

  NewFile file_;
  std::unique_ptr<Packer> packer_;
  std::string packed_;
};

}  // namespace koobatch::retry
