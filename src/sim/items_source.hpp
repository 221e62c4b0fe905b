#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <filesystem>
#include <memory>

namespace koobatch::sim {

/// Opens a file of items, which is read once, and so may be a pipe. A usage error if it cannot be opened.
Result<std::unique_ptr<job::ByteSource>> open_items(const std::filesystem::path& path);

}  // namespace koobatch::sim
