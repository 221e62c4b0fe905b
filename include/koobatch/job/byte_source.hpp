#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace koobatch::job {

/// Where a job's bytes come from, in order. What decompresses them is a source on top of another one.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads up to `size` (> 0) bytes into `out`; 0 only at the end.
  virtual Result<std::size_t> read(char* out, std::size_t size) = 0;
  /// Of the bytes as stored (not as decompressed) that were read so far.
  virtual Digest digest() const = 0;
};

/// A regular file. Anything else (a folder, a pipe) is a usage error: a job is read more than once.
Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path);

}  // namespace koobatch::job
