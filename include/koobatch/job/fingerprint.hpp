#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// The size and the XXH3-64 hash (seed 0) of the job file's bytes, as stored.
struct Digest {
  std::uint64_t bytes = 0;
  std::uint64_t xxh3 = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// The identity of a file, and when anything about it was last changed. The time is ctime, which, unlike mtime, no
/// program can set back.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0;  ///< since 1970
  friend bool operator==(const FileState&, const FileState&) = default;
};

/// Digests of a job's stored bytes as they were validated, for comparing them block by block when they are read again.
/// For each block it keeps the digest of all bytes up to the block's end: the intermediate value of the one digest that
/// is computed of the job anyway, so that no byte is hashed twice. The last one is the digest of the whole job.
struct Fingerprint {
  std::uint64_t block = 0;              ///< the size of a block; the last one may be shorter
  std::vector<std::uint64_t> prefixes;  ///< empty for an empty job
  Digest digest;
  FileState file;  ///< as it was when it was opened
};

/// The size of the blocks of a job of so many bytes: a power of two, at least 64 KiB, and large enough for the list of
/// digests to be no longer than a block. Together, a block and the list take 128 KiB for a job of up to 512 MiB, and 2
/// MiB for 64 GiB.
std::uint64_t fingerprint_block(std::uint64_t bytes);

/// Computes the digest of bytes that arrive in pieces of any size.
class RunningDigest {
 public:
  RunningDigest();
  ~RunningDigest();
  void add(std::string_view bytes);
  /// The digest of the bytes added so far.
  Digest value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t bytes_ = 0;
};

/// Takes the fingerprint of bytes that arrive in pieces of any size.
class FingerprintRecorder {
 public:
  /// `file`: its size determines the size of blocks. More or fewer bytes may follow.
  explicit FingerprintRecorder(const FileState& file);
  void add(std::string_view bytes);
  Digest digest() const { return digest_.value(); }
  /// Returns the fingerprint. Nothing may be called after that.
  Fingerprint finish();

 private:
  RunningDigest digest_;
  std::uint64_t left_in_block_;
  Fingerprint fingerprint_;
};

/// Compares bytes with a fingerprint, block by block.
class FingerprintCheck {
 public:
  explicit FingerprintCheck(std::shared_ptr<const Fingerprint> expected);
  /// The size of the next block; 0 at the end.
  std::size_t next_size() const;
  /// Whether `block` is the expected next block. After one that is not, nothing more can be checked. Precondition: it
  /// has next_size() bytes.
  bool accept(std::string_view block);
  /// The digest of the accepted blocks.
  Digest digest() const { return digest_.value(); }

 private:
  std::shared_ptr<const Fingerprint> expected_;
  RunningDigest digest_;
  std::size_t next_ = 0;
};

}  // namespace koobatch::job
