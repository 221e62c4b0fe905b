#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Decompresses an archive part by part: a part is a gzip member or a zstd frame. It reports where each part ends,
/// because only that distinguishes a complete archive from one that was cut off.
class ArchiveDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool part_ended = false;  ///< the part is complete: all of it was produced, and its checksum is right
    std::string damage;       ///< what is wrong with the archive; if not empty, the decoder cannot be used any more
  };

  virtual ~ArchiveDecoder() = default;
  /// Consumes what it can of `input`, which may be empty, and writes up to `size` bytes to `out`. If it makes no
  /// progress on an empty input, it needs more input. Precondition: size > 0.
  virtual Step decode(std::string_view input, char* out, std::size_t size) = 0;
  /// Prepares for the next part. Only after part_ended.
  virtual void restart() = 0;
  /// "gzip" or "zstd".
  virtual std::string_view format() const = 0;
  /// What the format calls a part: "member" or "frame".
  virtual std::string_view part() const = 0;
  /// Whether zeros may follow the last part, as the format's own program accepts.
  virtual bool may_be_padded() const = 0;
};

std::unique_ptr<ArchiveDecoder> make_gzip_decoder();
std::unique_ptr<ArchiveDecoder> make_zstd_decoder();

}  // namespace koobatch::job
