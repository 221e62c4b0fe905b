#include "fleet/unsettled.hpp"

#include "fleet/chunk_codec.hpp"

#include <algorithm>

namespace koobatch::fleet {
namespace {

constexpr std::uint32_t chunks_at_once = 16;
constexpr std::size_t bytes_at_once = std::size_t{1} << 20;

/// The last chunk of which operations may have been sent.
ChunkNumber last_given(const PartRow& part) {
  return std::max(part.doubt, part.owner ? part.fed : 0);
}

}  // namespace

Answer<std::vector<std::uint32_t>> unsettled_lines(Ledger& ledger, RunNumber run,
                                                   const std::function<bool(std::uint32_t)>& has_result) {
  const auto parts = ledger.parts(run);
  if (!parts) return parts.error();
  std::vector<std::uint32_t> unsettled;
  for (const PartRow& part : *parts) {
    for (ChunkNumber next = part.done + 1; next <= last_given(part);) {
      const auto most = std::min<std::uint32_t>(chunks_at_once, last_given(part) - next + 1);
      const auto chunks = ledger.chunks(run, part.part, next, most, bytes_at_once);
      if (!chunks) return chunks.error();
      if (chunks->empty()) break;
      for (const Chunk& chunk : *chunks) {
        const auto operations = unpack(chunk);
        if (!operations) return Failure{Fault::refused, operations.error()};
        std::ranges::remove_copy_if(operations->lines, std::back_inserter(unsettled), has_result);
        next = chunk.number + 1;
      }
    }
  }
  std::ranges::sort(unsettled);
  return unsettled;
}

}  // namespace koobatch::fleet
