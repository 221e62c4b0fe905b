#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/reader.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace koobatch::job {

/// A job that is generated while it is read: renames and album updates in turn, each value different from the previous
/// one.
struct SyntheticJob {
  /// The maximum number of operations: each has a line, and a trace ID holds 32 bits of its number.
  static constexpr std::uint64_t most_operations = 0xffff'ffff;
  /// The number of made-up folders, and of albums: more than a run looks ahead, so that no operation waits for another.
  static constexpr std::uint64_t made_up = 50'000;

  std::uint64_t operations = most_operations;
  /// Whether it is endless.
  bool endless() const { return operations == most_operations; }
  /// What to change, in turn. If both lists are empty, made-up folders and albums.
  std::vector<std::string> folders;
  std::vector<std::string> albums;
};

/// Generates the job's text, as NDJSON.
std::unique_ptr<ByteSource> make_text(SyntheticJob job);

/// Opens the job as if it were a file. As it is stored nowhere, its digest is that of no bytes. An error (usage) if the
/// settings cannot be used.
Result<std::unique_ptr<Reader>> open_synthetic(SyntheticJob job, const ReaderSettings& settings);

}  // namespace koobatch::job
