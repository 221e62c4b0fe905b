#pragma once
#include <filesystem>

namespace koobatch {

/// Makes what was created, renamed or removed in the folder last. 0, or the errno that says why it may not; where the
/// file system has no such operation on folders nothing more can be done, and that is no error.
int sync_folder(const std::filesystem::path& folder);

}  // namespace koobatch
