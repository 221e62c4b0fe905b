#include "cli/running/operations_file.hpp"

#include "koobatch/core/descriptor.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace koobatch::cli {
namespace {

Result<void> check_kind(int file, const std::filesystem::path& path) {
  struct stat facts{};
  if (::fstat(file, &facts) != 0) return system_error(ErrorKind::usage, path.string(), "cannot be read", errno);
  if (!S_ISREG(facts.st_mode)) return usage_error(path.string() + ": is not a file; operations are read from one");
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    spdlog::warn("{}: others can write it, and so decide what is sent; run 'chmod go-w {}'", path.string(),
                 path.string());
  }
  return {};
}

Result<std::string> read_text(const std::filesystem::path& path) {
  // Not blocking: a pipe would wait for whoever writes to it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) {
    const int cause = errno;
    if (cause == ELOOP) {
      return usage_error(path.string() +
                         ": is a symbolic link, which can be made to lead elsewhere; name the file itself");
    }
    return system_error(ErrorKind::usage, path.string(), "cannot be read", cause);
  }
  if (auto ok = check_kind(file.get(), path); !ok) return ok.error();
  std::string text;
  std::array<char, 16384> buffer;
  ssize_t size = 0;
  while (text.size() <= koodrive::max_operations_file &&
         (size = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (size < 0) return system_error(ErrorKind::usage, path.string(), "cannot be read", errno);
  return text;
}

}  // namespace

Result<LoadedOperations> read_operations_file(const std::filesystem::path& path,
                                              std::span<const koodrive::OperationRow> known) {
  const auto text = read_text(path);
  if (!text) return text.error();
  auto catalogue = koodrive::parse_operations(*text, path.string(), known);
  if (!catalogue) return catalogue.error();
  return LoadedOperations{
      std::make_shared<const koodrive::OperationCatalogue>(std::move(*catalogue)),
      {std::filesystem::absolute(path).lexically_normal().string(), XXH3_64bits(text->data(), text->size())}};
}

Result<std::shared_ptr<const koodrive::OperationCatalogue>> operations_for(const std::filesystem::path& file) {
  using Catalogue = std::shared_ptr<const koodrive::OperationCatalogue>;
  // What is built in is never destroyed.
  if (file.empty()) return Catalogue(Catalogue(), &koodrive::service_catalogue());
  auto loaded = read_operations_file(file, koodrive::service_catalogue().rows());
  if (!loaded) return loaded.error();
  return std::move(loaded->catalogue);
}

Result<void> load_operations(engine::RunSettings& settings) {
  if (settings.operations_path.empty()) return {};
  auto loaded = read_operations_file(settings.operations_path, settings.reader.catalogue->rows());
  if (!loaded) return loaded.error();
  settings.operations = std::move(loaded->catalogue);
  settings.operations_file = std::move(loaded->file);
  settings.reader.catalogue = settings.operations.get();
  return {};
}

Result<void> check_same_operations(const report::RunRecord& recorded,
                                   const std::optional<report::OperationsRecord>& now) {
  const auto& before = recorded.operations;
  if (!before && !now) return {};
  if (!before) {
    return usage_error(
        fmt::format("--operations {}: the run was begun without such a file; it can only continue as it "
                    "was begun",
                    now->path));
  }
  if (!now) {
    return usage_error(fmt::format("--operations is missing: the run was begun with {}", before->path));
  }
  if (before->xxh3 == now->xxh3) return {};
  return usage_error(
      fmt::format("--operations {}: is not the file that the run was begun with ({}, XXH3 {:016x}, now "
                  "{:016x}); restore it from a copy, or begin a new run",
                  now->path, before->path, before->xxh3, now->xxh3));
}

}  // namespace koobatch::cli
