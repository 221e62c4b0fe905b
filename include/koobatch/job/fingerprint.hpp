#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Size and XXH3-64 (seed 0) of the job file's bytes as stored.
struct Digest {
  std::uint64_t bytes = 0;
  std::uint64_t xxh3 = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// Which file it is, and when anything about it was changed last. The time is ctime: unlike mtime, no program can set
/// it back.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0;  ///< since 1970
  friend bool operator==(const FileState&, const FileState&) = default;
};

/// What a job's stored bytes were when it was validated, for comparing them block by block when they are read again.
/// For each block it keeps the digest of all bytes up to the block's end: the running state of the one digest that is
/// made of the job anyway, so that no byte is hashed twice. The last one is the digest of the whole job.
struct Fingerprint {
  std::uint64_t block = 0;              ///< bytes of a block; the last one may be shorter
  std::vector<std::uint64_t> prefixes;  ///< of an empty job none
  Digest digest;
  FileState file;  ///< as it was when it was opened
};

/// How long the blocks of a job of so many bytes are: a power of two, at least 64 KiB, and long enough for the list of
/// digests to be no longer than a block. So both together take 128 KiB for a job of up to 512 MiB, 2 MiB for 64 GiB.
std::uint64_t fingerprint_block(std::uint64_t bytes);

/// XXH3-64 of bytes that come in pieces.
class RunningDigest {
 public:
  RunningDigest();
  ~RunningDigest();
  void add(std::string_view bytes);
  /// Of what was added so far.
  Digest value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t bytes_ = 0;
};

/// Makes a fingerprint of bytes that come in pieces of any size.
class FingerprintRecorder {
 public:
  /// `file`: its size decides how long blocks are. The bytes that come may be more or fewer.
  explicit FingerprintRecorder(const FileState& file);
  void add(std::string_view bytes);
  Digest digest() const { return digest_.value(); }
  /// After the last byte. Of no use afterwards.
  Fingerprint finish();

 private:
  RunningDigest digest_;
  std::uint64_t room_;  ///< bytes that the block begun has still room for
  Fingerprint fingerprint_;
};

/// Compares bytes, block by block, with a fingerprint.
class FingerprintCheck {
 public:
  explicit FingerprintCheck(std::shared_ptr<const Fingerprint> expected);
  /// How many bytes the next block has; 0 at the end.
  std::size_t next_size() const;
  /// Whether the next block is `block`, which has next_size() bytes. Once it is not, nothing after it can be checked.
  bool accept(std::string_view block);
  /// Of the blocks accepted.
  Digest digest() const { return digest_.value(); }

 private:
  std::shared_ptr<const Fingerprint> expected_;
  RunningDigest digest_;
  std::size_t next_ = 0;
};

}  // namespace koobatch::job
