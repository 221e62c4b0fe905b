#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/fingerprint.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

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

/// A regular file. Anything else (a folder, a pipe) is a usage error: a job is read more than once. `record`, unless
/// null, is filled when the file has been read to its end; it must live until then.
Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path, Fingerprint* record = nullptr);

/// A file that was read before. Each block is read whole, compared with what it was, and only then handed out, so no
/// byte that differs ever is: from the first block that does, and as soon as the file is seen to be longer or shorter,
/// reading is an error (fatal) that says what was changed. Memory: a block.
///
/// The time of the last change decides nothing here: a file that was touched, or put back, and holds the same bytes is
/// the same job, and one that holds others is found whatever its time says.
Result<std::unique_ptr<ByteSource>> open_verified_file(const std::filesystem::path& path,
                                                       std::shared_ptr<const Fingerprint> expected);

/// What the file at `path` no longer is, compared with a fingerprint: "is not there any more", "holds other bytes now".
/// Nothing if it holds the same bytes. It is read again only if its size is the same, but another file has the name or
/// it was written to, renamed or touched since.
std::optional<std::string> find_change(const std::filesystem::path& path,
                                       const std::shared_ptr<const Fingerprint>& expected);

}  // namespace koobatch::job
