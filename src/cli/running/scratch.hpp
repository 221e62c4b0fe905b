#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <string_view>
#include <utility>

namespace koobatch::cli {

/// The folder for temporary files. Fatal if there is none.
Result<std::filesystem::path> temporary_folder();

/// A folder for temporary files, readable by its owner only, which is removed with everything in it.
class Scratch {
 public:
  /// `purpose`: a word for its name. A usage error if it cannot be created, to which `otherwise` adds what else there
  /// is to do: ", or name --report".
  static Result<Scratch> create(std::string_view purpose, std::string_view otherwise = {});
  ~Scratch();
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;  ///< empty: moved from
};

}  // namespace koobatch::cli
