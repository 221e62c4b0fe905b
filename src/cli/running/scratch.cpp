#include "cli/running/scratch.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <string>
#include <system_error>

namespace koobatch::cli {

namespace fs = std::filesystem;

Result<fs::path> temporary_folder() {
  std::error_code error;
  auto folder = fs::temp_directory_path(error);
  if (error) return fatal_error("no folder for temporary files; set TMPDIR to one");
  return folder;
}

Result<Scratch> Scratch::create(std::string_view purpose, std::string_view otherwise) {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / fmt::format("koobatch-{}-XXXXXX", purpose)).string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return usage_error(fmt::format("{}: cannot create this folder; set TMPDIR to another{}", name, otherwise));
  }
  return Scratch(name);
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace koobatch::cli
