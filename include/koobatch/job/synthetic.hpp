#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/reader.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace koobatch::job {

/// A job that is made up while it is read: renames and album updates in turn, every value unlike the one before it.
struct SyntheticJob {
  /// The most operations a job can have: each has a line, and a trace ID has room for 32 bits of it.
  static constexpr std::uint64_t most_operations = 0xffff'ffff;
  /// Made-up folders and albums, of each kind. More than a run looks ahead, so that no operation waits for another.
  static constexpr std::uint64_t made_up = 50'000;

  std::uint64_t operations = most_operations;
  /// Does it go on for as long as it is read?
  bool endless() const { return operations == most_operations; }
  /// Whom to rename, in turn. Without any of either kind, folders and albums that are made up.
  std::vector<std::string> folders;
  std::vector<std::string> albums;
};

/// The job's text, as NDJSON.
std::unique_ptr<ByteSource> make_text(SyntheticJob job);

/// Reads the job as if it lay in a file. Being nowhere stored, it has no bytes that could change: its digest is that of
/// nothing. An error (usage) if the settings cannot be used.
Result<std::unique_ptr<Reader>> open_synthetic(SyntheticJob job, const ReaderSettings& settings);

}  // namespace koobatch::job
