#pragma once
#include "koobatch/job/byte_source.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <fmt/format.h>
#include <cstdlib>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the tests of the job folder share.
namespace job_support {

/// A text as a source that hands out at most `step` bytes at a time.
class TextSource final : public koobatch::job::ByteSource {
 public:
  explicit TextSource(std::string text, std::size_t step = 7) : text_(std::move(text)), step_(step) {}
  koobatch::Result<std::size_t> read(char* out, std::size_t size) override {
    const auto count = std::min({size, step_, text_.size() - at_});
    std::memcpy(out, text_.data() + at_, count);
    at_ += count;
    return count;
  }
  koobatch::job::Digest digest() const override { return {at_, 0}; }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
};

inline std::unique_ptr<koobatch::job::ByteSource> text_source(std::string text, std::size_t step = 7) {
  return std::make_unique<TextSource>(std::move(text), step);
}

/// A folder that is removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "koobatch-job-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// "field: message; message of the record", so that a failed check shows what was found.
inline std::string joined(const std::vector<koobatch::koodrive::Violation>& violations) {
  std::string out;
  for (const auto& v : violations) {
    if (!out.empty()) out += "; ";
    out += v.field.empty() ? v.message : fmt::format("{}: {}", v.field, v.message);
  }
  return out;
}

}  // namespace job_support
