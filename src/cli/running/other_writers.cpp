#include "cli/running/other_writers.hpp"

#include "koobatch/core/terminal_text.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string>

namespace koobatch::cli {

void warn_of_other_writers(const std::filesystem::path& path, const struct stat& facts) {
  const bool others_write = (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool is_foreign = facts.st_uid != 0 && facts.st_uid != ::geteuid();
  if (!others_write && !is_foreign) return;
  const auto name = harmless(path.string());
  spdlog::warn("{}: is writable by others, who could change what is sent; {}", name,
               is_foreign ? "it belongs to another user" : fmt::format("run 'chmod go-w {}'", name));
}

}  // namespace koobatch::cli
