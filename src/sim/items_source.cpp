#include "sim/items_source.hpp"

#include "koobatch/core/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace koobatch::sim {
namespace {

class ItemsSource final : public job::ByteSource {
 public:
  ItemsSource(Descriptor descriptor, std::string name) : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    for (;;) {
      const ssize_t got = ::read(descriptor_.get(), out, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return system_error(ErrorKind::usage, name_, "cannot read the items", errno);
    }
  }
  job::Digest digest() const override { return {}; }

 private:
  Descriptor descriptor_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<job::ByteSource>> open_items(const std::filesystem::path& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!descriptor || ::fstat(descriptor.get(), &info) != 0) {
    return system_error(ErrorKind::usage, path.string(), "cannot open the items", errno);
  }
  if (S_ISDIR(info.st_mode)) return usage_error(fmt::format("{}: is a folder, name a file of items", path.string()));
  return std::unique_ptr<job::ByteSource>(std::make_unique<ItemsSource>(std::move(descriptor), path.string()));
}

}  // namespace koobatch::sim
