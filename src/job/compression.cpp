#include "koobatch/job/compression.hpp"

#include "job/archive_decoder.hpp"
#include "job/peeked_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace koobatch::job {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t chunk = std::size_t{128} << 10;

constexpr auto gzip_magic = "\x1f\x8b"sv;
constexpr auto zstd_magic = "\x28\xb5\x2f\xfd"sv;
/// The magic number of a skippable frame, with which parallel compressors begin; its first byte is 0x50 to 0x5f.
constexpr auto skippable_magic_rest = "\x2a\x4d\x18"sv;

bool begins_like(std::string_view bytes, std::string_view magic) {
  const auto common = std::min(bytes.size(), magic.size());
  return common > 0 && bytes.substr(0, common) == magic.substr(0, common);
}

class ArchiveSource final : public ByteSource {
 public:
  ArchiveSource(std::unique_ptr<ByteSource> stored, std::unique_ptr<ArchiveDecoder> decoder, std::string name)
      : stored_(std::move(stored)), decoder_(std::move(decoder)), name_(std::move(name)), buffer_(chunk) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    for (;;) {
      if (input_.empty() && !at_end_) {
        if (auto refilled = refill(); !refilled) return refilled.error();
      }
      if (between_parts_) {
        if (skip_padding()) continue;
        if (input_.empty()) return std::size_t{0};
        if (padding_ > 0) return damaged("zeros follow it, and other bytes after them");
        begin_part();
      }
      // At the end of the input, too: the decoder may hold back output for which there was no space.
      const auto step = decoder_->decode(input_, out, size);
      if (!step.damage.empty()) return damaged(step.damage);
      input_.remove_prefix(step.consumed);
      between_parts_ = step.part_ended;
      if (step.produced > 0) return step.produced;
      if (at_end_ && input_.empty() && !between_parts_) return cut_off();
    }
  }

  Digest digest() const override { return stored_->digest(); }

 private:
  Result<void> refill() {
    const auto got = stored_->read(buffer_.data(), buffer_.size());
    if (!got) return got.error();
    input_ = {buffer_.data(), *got};
    at_end_ = *got == 0;
    return {};
  }

  /// Skips zeros after a part, with which tapes and block devices pad an archive. Returns whether there were any.
  bool skip_padding() {
    if (part_ == 0 || !decoder_->may_be_padded()) return false;
    const auto size = std::min(input_.find_first_not_of('\0'), input_.size());
    input_.remove_prefix(size);
    padding_ += size;
    return size > 0;
  }

  void begin_part() {
    if (part_ > 0) decoder_->restart();
    ++part_;
    between_parts_ = false;
  }

  Error damaged(const std::string& cause) const {
    return job_error(fmt::format(
        "{}: the {} archive cannot be read further in {} {}, about {} bytes into the file: {}; "
        "copy or compress it again",
        name_, decoder_->format(), decoder_->part(), part_, stored_->digest().bytes - input_.size(), cause));
  }

  Error cut_off() const {
    return job_error(
        fmt::format("{}: the {} archive is cut off: the file ends after {} bytes, in the middle of {} {}; "
                    "copy or compress it again",
                    name_, decoder_->format(), stored_->digest().bytes, decoder_->part(), part_));
  }

  std::unique_ptr<ByteSource> stored_;
  std::unique_ptr<ArchiveDecoder> decoder_;
  std::string name_;
  std::vector<char> buffer_;
  std::string_view input_;     ///< in buffer_: read and not yet decompressed
  std::uint64_t part_ = 0;     ///< of the archive, from 1
  std::uint64_t padding_ = 0;  ///< zeros after the last part
  bool between_parts_ = true;
  bool at_end_ = false;
};

}  // namespace

Compression compression_of(std::string_view first_bytes) {
  if (begins_like(first_bytes, gzip_magic)) return Compression::gzip;
  if (begins_like(first_bytes, zstd_magic)) return Compression::zstd;
  const bool may_be_skippable = !first_bytes.empty() && (first_bytes.front() & 0xf0) == 0x50;
  if (may_be_skippable && begins_like(first_bytes.substr(1), skippable_magic_rest)) return Compression::zstd;
  return Compression::none;
}

Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> stored, std::string name) {
  auto peeked = PeekedSource::peek(std::move(stored), compression_magic_size);
  if (!peeked) return peeked.error();
  const auto compression = compression_of((*peeked)->first_bytes());
  if (compression == Compression::none) return std::unique_ptr<ByteSource>(std::move(*peeked));
  auto decoder = compression == Compression::gzip ? make_gzip_decoder() : make_zstd_decoder();
  return std::unique_ptr<ByteSource>(
      std::make_unique<ArchiveSource>(std::move(*peeked), std::move(decoder), std::move(name)));
}

}  // namespace koobatch::job
