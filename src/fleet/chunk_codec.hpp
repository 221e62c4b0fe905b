#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// How operations and results are packed for the ledger. No I/O.

namespace koobatch::fleet {

/// An operation as it is packed.
struct PackedOperation {
  std::uint32_t line = 0;   ///< of the job
  std::string_view text{};  ///< as NDJSON, without a line end: job::Reader::append_json()
  bool attempted = false;   ///< an earlier run may have sent it
};

/// The operations of a chunk, in the order of the job.
struct UnpackedChunk {
  std::vector<std::uint32_t> lines;  ///< of the job; ascending
  std::vector<bool> attempted;       ///< one for each line
  std::string text;                  ///< NDJSON, a line for each of `lines`
};

/// Gathers the operations of one part until they are worth a chunk.
class ChunkBuilder {
 public:
  static constexpr std::uint32_t most_operations = 1000;
  static constexpr std::size_t most_bytes = std::size_t{128} << 10;  ///< unless a single operation is longer

  /// Whether `operation` still fits into the chunk. An empty one takes any.
  bool fits(const PackedOperation& operation) const;
  /// Preconditions: it fits, its line is after those before, and its text has no line break.
  void add(const PackedOperation& operation);
  bool empty() const { return lines_.empty(); }
  /// The memory that what was gathered takes.
  std::size_t bytes() const { return text_.size() + lines_.size() * sizeof(std::uint32_t); }
  /// Packs what was gathered, and begins the next chunk. Precondition: it is not empty.
  Chunk finish(ChunkNumber number);

 private:
  std::vector<std::uint32_t> lines_;
  std::vector<bool> attempted_;
  std::string text_;
};

/// The operations of a chunk as it was read from the ledger. An error (fatal) if it is not what a ChunkBuilder packed.
Result<UnpackedChunk> unpack(const Chunk& chunk);

/// Packs lines of a report for Group::packed.
std::string pack_lines(std::string_view lines);
/// The lines of a group. Nothing for an empty group. An error (fatal) if they are not what pack_lines() made.
Result<std::string> unpack_lines(std::string_view packed);

}  // namespace koobatch::fleet
