#pragma once
#include <sys/stat.h>
#include <filesystem>

namespace koobatch::cli {

/// Warns of a file that says what is sent if others than its owner may write to it, or own it. `facts`: of the file.
void warn_of_other_writers(const std::filesystem::path& path, const struct stat& facts);

}  // namespace koobatch::cli
