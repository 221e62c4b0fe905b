#include "cli/running/operations_file.hpp"

#include "cli/running/other_writers.hpp"
#include "cli/settings/recorded.hpp"
#include "koobatch/core/descriptor.hpp"
#include "koobatch/koodrive/operations_file.hpp"
#include "koobatch/sim/operations.hpp"

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
  warn_of_other_writers(path, facts);
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

void use(LoadedOperations loaded, engine::RunSettings& settings) {
  settings.operations = std::move(loaded.catalogue);
  settings.operations_file = std::move(loaded.file);
  settings.reader.catalogue = settings.operations.get();
}

}  // namespace

Executor executor_of(const engine::RunSettings& settings) {
  return settings.simulated || settings.endpoint.is_loopback() ? Executor::simulator : Executor::service;
}

const koodrive::OperationCatalogue& built_in_operations(Executor executor) {
  return executor == Executor::simulator ? sim::operations() : koodrive::service_catalogue();
}

Result<LoadedOperations> read_operations_file(const std::filesystem::path& path, Executor executor) {
  const auto text = read_text(path);
  if (!text) return text.error();
  const auto parse = [&](Executor with) {
    return koodrive::parse_operations_file(*text, path.string(), built_in_operations(with).rows());
  };
  if (executor != Executor::simulator) {
    // The simulator's operations are not for this job, but their names are taken.
    if (const auto elsewhere = parse(Executor::simulator); !elsewhere) return elsewhere.error();
  }
  auto parsed = parse(executor);
  if (!parsed) return parsed.error();
  const auto known = std::make_shared<const koodrive::OperationsFile>(std::move(*parsed));
  // Not normalised: with a link in the path, "link/.." is not where the link is.
  return LoadedOperations{{known, &known->operations},
                          {known, &known->resources},
                          {std::filesystem::absolute(path).string(), XXH3_64bits(text->data(), text->size())}};
}

Result<std::shared_ptr<const koodrive::OperationCatalogue>> operations_for(const std::filesystem::path& file) {
  using Catalogue = std::shared_ptr<const koodrive::OperationCatalogue>;
  if (file.empty()) return Catalogue(Catalogue(), &built_in_operations(Executor::service));
  auto loaded = read_operations_file(file, Executor::service);
  if (!loaded) return loaded.error();
  return std::move(loaded->catalogue);
}

Result<void> load_operations(engine::RunSettings& settings) {
  if (settings.operations_path.empty()) return {};
  auto loaded = read_operations_file(settings.operations_path, executor_of(settings));
  if (!loaded) return loaded.error();
  use(std::move(*loaded), settings);
  return {};
}

Result<std::optional<LoadedOperations>> read_earlier_operations(const report::RunRecord& recorded,
                                                                const std::filesystem::path& given,
                                                                const Origins& origins, Executor executor) {
  using Found = std::optional<LoadedOperations>;
  const bool is_flag = origins.is_flag("operations");
  const auto& before = recorded.operations;
  if (!before && is_flag) {
    return usage_error(
        fmt::format("--operations {}: the run was started without such a file; it can only continue as it was started",
                    given.string()));
  }
  if (!before) {
    if (!given.empty()) {
      spdlog::warn("{}: ignored, because the run was started without a file of operations", origins["operations"]);
    }
    return Found();
  }
  auto loaded = read_operations_file(is_flag ? given : std::filesystem::path(before->path), executor);
  if (!loaded) return loaded.error();
  if (loaded->file.xxh3 == before->xxh3) return Found(std::move(*loaded));
  return usage_error(
      fmt::format("--operations {}: is not the file that the run was started with ({}, XXH3 {:016x}, now {:016x}); "
                  "restore it from a copy, or start a new run",
                  loaded->file.path, before->path, before->xxh3, loaded->file.xxh3));
}

Result<void> load_earlier_operations(engine::RunSettings& settings, const report::RunRecord& recorded,
                                     const Origins& origins) {
  auto loaded = read_earlier_operations(recorded, settings.operations_path, origins, executor_of(settings));
  if (!loaded) return loaded.error();
  if (*loaded) {
    use(std::move(**loaded), settings);
  } else if (!settings.operations_path.empty()) {
    settings.operations_path.clear();
    settings.recorded = without_recorded(settings.recorded, "operations");
  }
  return {};
}

}  // namespace koobatch::cli
