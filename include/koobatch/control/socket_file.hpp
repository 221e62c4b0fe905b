#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <optional>

/// The Unix socket of a run, as a file beside its report. The name may be as long as any file's, though the address of
/// a socket holds 107 bytes only.
namespace koobatch::control {

/// `<report>.control`, whichever way the report is named.
Result<std::filesystem::path> socket_path(const std::filesystem::path& report);

/// A socket that listens there, for its owner only from its first moment on, in place of what a killed process left.
/// The descriptor is the caller's, does not block, and is closed in child processes.
Result<int> listen_at(const std::filesystem::path& path);

/// Connected to who listens there; nothing if nobody does. Reading and writing take `patience_seconds` at most. The
/// descriptor is the caller's.
Result<std::optional<int>> connect_to(const std::filesystem::path& path, int patience_seconds);

}  // namespace koobatch::control
