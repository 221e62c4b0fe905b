#include "fleet/chunk_codec.hpp"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

// A chunk, before it is compressed: `magic`, the number of operations (varint), for each of them its line less the one
// before, times two, plus one if it was attempted (varint), then the texts, each with a line feed.

namespace koobatch::fleet {
namespace {

constexpr std::string_view magic = "KBC1";
constexpr int level = 1;
/// The most that a chunk or a group can be: a job's line has at most 1 MiB, but may become longer as JSON, and a group
/// is at most what a run's writer holds.
constexpr std::size_t most_unpacked = std::size_t{64} << 20;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(value));
}

/// Reads it from the beginning of `in`, and removes it from there.
std::optional<std::uint64_t> take_varint(std::string_view& in) {
  constexpr unsigned most_bits = 35;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < most_bits && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

std::string compress(std::string_view text) {
  // Kept, because its tables would have to be cleared for each text.
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&::ZSTD_freeCCtx)> context(::ZSTD_createCCtx(),
                                                                                    &::ZSTD_freeCCtx);
  std::string out(::ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ::ZSTD_compressCCtx(context.get(), out.data(), out.size(), text.data(), text.size(), level);
  assert(::ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

/// Nothing if it is not one whole frame of a reasonable size.
std::optional<std::string> decompress(std::string_view packed) {
  const auto size = ::ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > most_unpacked) return std::nullopt;
  if (::ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) return std::nullopt;
  std::string text(size, '\0');
  const std::size_t got = ::ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  if (::ZSTD_isError(got) != 0 || got != size) return std::nullopt;
  return text;
}

/// Fills in the lines of a chunk, and leaves the texts in `rest`. False if they are not what was packed.
bool take_lines(std::string_view& rest, UnpackedChunk& out) {
  if (!rest.starts_with(magic)) return false;
  rest.remove_prefix(magic.size());
  const auto count = take_varint(rest);
  if (!count || *count == 0 || *count > ChunkBuilder::most_operations) return false;
  std::uint64_t line = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto step = take_varint(rest);
    if (!step || *step < 2) return false;
    line += *step >> 1U;
    if (line > std::numeric_limits<std::uint32_t>::max()) return false;
    out.lines.push_back(static_cast<std::uint32_t>(line));
    out.attempted.push_back((*step & 1U) != 0);
  }
  return true;
}

}  // namespace

bool ChunkBuilder::fits(const PackedOperation& operation) const {
  return empty() || (lines_.size() < most_operations && bytes() + operation.text.size() < most_bytes);
}

void ChunkBuilder::add(const PackedOperation& operation) {
  assert(fits(operation));
  assert(operation.line > (lines_.empty() ? 0 : lines_.back()));
  assert(operation.text.find('\n') == std::string_view::npos);
  lines_.push_back(operation.line);
  attempted_.push_back(operation.attempted);
  text_.append(operation.text);
  text_.push_back('\n');
}

Chunk ChunkBuilder::finish(ChunkNumber number) {
  assert(!empty());
  std::string plain(magic);
  append_varint(plain, lines_.size());
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    append_varint(plain, (lines_[i] - before) << 1U | (attempted_[i] ? 1U : 0U));
    before = lines_[i];
  }
  plain += text_;
  Chunk chunk{number, static_cast<std::uint32_t>(lines_.size()), compress(plain), 0};
  chunk.xxh3 = XXH3_64bits(chunk.packed.data(), chunk.packed.size());
  lines_.clear();
  attempted_.clear();
  text_.clear();
  return chunk;
}

Result<UnpackedChunk> unpack(const Chunk& chunk) {
  const auto unlike = [&](const char* why) {
    return fatal_error(fmt::format(
        "chunk {}: {}; the engine holds a chunk that differs from the one submitted, and none of it is sent",
        chunk.number, why));
  };
  if (XXH3_64bits(chunk.packed.data(), chunk.packed.size()) != chunk.xxh3) return unlike("its checksum does not match");
  const auto plain = decompress(chunk.packed);
  if (!plain) return unlike("it cannot be decompressed");
  UnpackedChunk out;
  std::string_view rest = *plain;
  if (!take_lines(rest, out)) return unlike("its lines are not those of a chunk");
  if (out.lines.size() != chunk.operations) return unlike("it has a different number of operations");
  const auto ends = static_cast<std::size_t>(std::ranges::count(rest, '\n'));
  if (ends != out.lines.size() || !rest.ends_with('\n')) return unlike("it does not have one text for each line");
  out.text = rest;
  return out;
}

std::string pack_lines(std::string_view lines) {
  return lines.empty() ? std::string() : compress(lines);
}

Result<std::string> unpack_lines(std::string_view packed) {
  if (packed.empty()) return std::string();
  auto lines = decompress(packed);
  if (!lines) return fatal_error("a group of results in the engine cannot be decompressed: it was changed or damaged");
  return std::move(*lines);
}

}  // namespace koobatch::fleet
