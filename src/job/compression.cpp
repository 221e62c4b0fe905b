#include "koobatch/job/compression.hpp"

#include "koobatch/job/archive_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace koobatch::job {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t chunk = std::size_t{128} << 10;

constexpr auto gzip_magic = "\x1f\x8b"sv;
constexpr auto zstd_magic = "\x28\xb5\x2f\xfd"sv;
/// Of a skippable frame, which parallel compressors begin with: the first byte is 0x50 to 0x5f.
constexpr auto skippable_magic_rest = "\x2a\x4d\x18"sv;

bool begins_like(std::string_view bytes, std::string_view magic) {
  const auto common = std::min(bytes.size(), magic.size());
  return common > 0 && bytes.substr(0, common) == magic.substr(0, common);
}

/// A source of which the first bytes were read already.
class ReplayedSource final : public ByteSource {
 public:
  ReplayedSource(std::string first_bytes, std::unique_ptr<ByteSource> rest)
      : first_bytes_(std::move(first_bytes)), rest_(std::move(rest)) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    if (at_ == first_bytes_.size()) return rest_->read(out, size);
    const auto count = std::min(size, first_bytes_.size() - at_);
    std::memcpy(out, first_bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

  Digest digest() const override { return rest_->digest(); }

 private:
  std::string first_bytes_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

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
        if (input_.empty()) return std::size_t{0};
        begin_part();
      }
      // At the end of the input too: the decoder may hold back what there was no room for.
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

  void begin_part() {
    if (part_ > 0) decoder_->restart();
    ++part_;
    between_parts_ = false;
  }

  Error damaged(const std::string& cause) const {
    return job_error(fmt::format(
        "{}: the {} archive cannot be read on in {} {}, about {} bytes into the file: {}; "
        "copy or compress it anew",
        name_, decoder_->format(), decoder_->part(), part_, stored_->digest().bytes - input_.size(), cause));
  }

  Error cut_off() const {
    return job_error(
        fmt::format("{}: the {} archive is cut off: the file ends after {} bytes, in the middle of {} {}; "
                    "copy or compress it anew",
                    name_, decoder_->format(), stored_->digest().bytes, decoder_->part(), part_));
  }

  std::unique_ptr<ByteSource> stored_;
  std::unique_ptr<ArchiveDecoder> decoder_;
  std::string name_;
  std::vector<char> buffer_;
  std::string_view input_;  ///< in buffer_: read and not yet decompressed
  std::uint64_t part_ = 0;  ///< of the archive, from 1
  bool between_parts_ = true;
  bool at_end_ = false;
};

Result<std::string> read_first_bytes(ByteSource& source) {
  std::string bytes(compression_magic_size, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const auto got = source.read(bytes.data() + size, bytes.size() - size);
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

Compression compression_of(std::string_view first_bytes) {
  if (begins_like(first_bytes, gzip_magic)) return Compression::gzip;
  if (begins_like(first_bytes, zstd_magic)) return Compression::zstd;
  const bool may_be_skippable = !first_bytes.empty() && (first_bytes.front() & 0xf0) == 0x50;
  if (may_be_skippable && begins_like(first_bytes.substr(1), skippable_magic_rest)) return Compression::zstd;
  return Compression::none;
}

Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> stored, std::string name) {
  auto first_bytes = read_first_bytes(*stored);
  if (!first_bytes) return first_bytes.error();
  const auto compression = compression_of(*first_bytes);
  std::unique_ptr<ByteSource> replayed = std::make_unique<ReplayedSource>(std::move(*first_bytes), std::move(stored));
  if (compression == Compression::none) return replayed;
  auto decoder = compression == Compression::gzip ? make_gzip_decoder() : make_zstd_decoder();
  return std::unique_ptr<ByteSource>(
      std::make_unique<ArchiveSource>(std::move(replayed), std::move(decoder), std::move(name)));
}

}  // namespace koobatch::job
