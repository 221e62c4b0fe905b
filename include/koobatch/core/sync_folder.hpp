#pragma once
#include <filesystem>

namespace koobatch {

/// Makes creations, renames and removals in the folder durable (fsync). Returns 0 or an errno. A file system that
/// cannot sync folders is not an error: nothing more can be done there.
int sync_folder(const std::filesystem::path& folder);

}  // namespace koobatch
