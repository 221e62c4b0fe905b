#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace koobatch::test {

/// A temporary folder, removed at the end.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::string path(std::string_view name) const { return (root_ / name).string(); }
  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view text) const;
  std::string read(std::string_view name) const;

 private:
  std::filesystem::path root_;
};

std::string read_file(const std::string& path);

/// A path below the project's folder.
std::string project_file(std::string_view name);

}  // namespace koobatch::test
