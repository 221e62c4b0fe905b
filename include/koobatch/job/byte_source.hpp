#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/fingerprint.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::job {

/// The bytes of a job, in order. A decompressor is itself a source, which reads from another one.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads up to `size` bytes into `out` and returns how many: 0 only at the end. Precondition: size > 0.
  virtual Result<std::size_t> read(char* out, std::size_t size) = 0;
  /// The digest of the bytes read so far, as stored (not as decompressed).
  virtual Digest digest() const = 0;
};

/// Opens a regular file. Anything else (a folder, a pipe) is a usage error, because a job is read more than once.
/// `record`, unless null, is filled in when the file has been read to its end, and must live until then.
Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path, Fingerprint* record = nullptr);

/// Opens a file that was fingerprinted before. Each block is compared with its fingerprint before any of it is handed
/// out, so the caller never sees bytes that differ: at the first block that does, or as soon as the file turns out to
/// be longer or shorter, reading fails with an error (fatal) that says what has changed. Uses memory for one block.
///
/// The time of the last change is not consulted: a file that was touched, or restored, and holds the same bytes is the
/// same job; one that holds other bytes is detected whatever its time.
Result<std::unique_ptr<ByteSource>> open_verified_file(const std::filesystem::path& path,
                                                       std::shared_ptr<const Fingerprint> expected);

/// How the file at `path` differs from its fingerprint: "is no longer there", "holds other bytes now"; nothing if it
/// holds the same bytes. It is read again only if its size is unchanged, but it was replaced, written to, renamed or
/// touched since.
std::optional<std::string> find_change(const std::filesystem::path& path,
                                       const std::shared_ptr<const Fingerprint>& expected);

}  // namespace koobatch::job
