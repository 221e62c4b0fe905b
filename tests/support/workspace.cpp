#include "workspace.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace koobatch::test {

Workspace::Workspace() {
  std::string pattern = (std::filesystem::temp_directory_path() / "koobatch-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  root_ = pattern;
}

Workspace::~Workspace() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::string Workspace::write(std::string_view name, std::string_view text) const {
  std::ofstream(root_ / name, std::ios::binary) << text;
  return path(name);
}

std::string Workspace::read(std::string_view name) const {
  return read_file(path(name));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string project_file(std::string_view name) {
  return (std::filesystem::path(KOOBATCH_SOURCE_DIR) / name).string();
}

}  // namespace koobatch::test
