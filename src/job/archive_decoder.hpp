#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Decompresses one part of an archive after the other: a part is a gzip member or a zstd frame. It tells where each
/// part ends, because that is the only way to tell an archive that is complete from one that was cut off.
class ArchiveDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool part_ended = false;  ///< the part is complete, all of it was produced, and its checksum is right
    std::string damage;       ///< what is wrong with the archive, if anything is; the decoder is of no use then
  };

  virtual ~ArchiveDecoder() = default;
  /// Takes what it can of `input`, which may be empty, and writes up to `size` (> 0) bytes to `out`. Without progress
  /// on an empty input it needs more of it.
  virtual Step decode(std::string_view input, char* out, std::size_t size) = 0;
  /// Gets ready for the next part, after part_ended.
  virtual void restart() = 0;
  /// "gzip" or "zstd".
  virtual std::string_view format() const = 0;
  /// What the format calls a part: "member" or "frame".
  virtual std::string_view part() const = 0;
  /// Whether zeros may follow the last part, as the format's own program has it.
  virtual bool may_be_padded() const = 0;
};

std::unique_ptr<ArchiveDecoder> make_gzip_decoder();
std::unique_ptr<ArchiveDecoder> make_zstd_decoder();

}  // namespace koobatch::job
