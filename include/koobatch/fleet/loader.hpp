#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace koobatch::fleet {

/// How many parts a job with this many operations is divided into: enough for many workers to share it evenly, and few
/// enough for most chunks to be full.
std::uint32_t parts_for(std::uint64_t operations);

/// Called if the ledger could not be reached, or did not answer: waits a little, and returns whether to try again.
using TryAgain = std::function<bool()>;

/// An operation to be loaded.
struct LoadedOperation {
  std::uint64_t key_hash = 0;  ///< koodrive::Operation::key_hash()
  std::uint32_t line = 0;      ///< of the job
  std::string_view text{};     ///< as NDJSON, without a line end: job::Reader::append_json()
  bool attempted = false;      ///< an earlier run may have sent it
};

/// Loads the operations of a run into the ledger, in bounded memory: each part gathers its own until they fill a chunk;
/// if all of them together hold too much, the fullest one is written out.
class Loader {
 public:
  static constexpr std::size_t most_buffered = std::size_t{32} << 20;

  /// `ledger` must outlive it. Precondition: the run is being loaded, and this is the only loader.
  Loader(Ledger& ledger, RunNumber run, std::uint32_t parts, TryAgain try_again,
         std::size_t buffered_limit = most_buffered);
  ~Loader();

  /// Precondition: the operation's line is after those before.
  Answer<void> add(const LoadedOperation& operation);
  /// Writes out what is left, and lets workers begin.
  Answer<void> finish();

  std::uint64_t operations() const { return operations_; }
  /// The bytes gathered at present.
  std::size_t buffered() const { return buffered_; }

 private:
  struct Part;

  Answer<void> write_out(PartNumber part);
  Answer<void> write_out_fullest();

  Ledger& ledger_;
  const RunNumber run_;
  const TryAgain try_again_;
  const std::size_t buffered_limit_;
  std::vector<Part> parts_;
  std::size_t buffered_ = 0;
  std::uint64_t operations_ = 0;
};

}  // namespace koobatch::fleet
