#include "koobatch/fleet/loader.hpp"

#include "fleet/chunk_codec.hpp"
#include "fleet/partition.hpp"
#include "koobatch/fleet/persistently.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace koobatch::fleet {

std::uint32_t parts_for(std::uint64_t operations) {
  constexpr std::uint64_t worth_a_part = 256;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(operations / worth_a_part, fewest_parts, most_parts));
}

struct Loader::Part {
  ChunkBuilder builder;
  ChunkNumber written = 0;
};

Loader::Loader(Ledger& ledger, RunNumber run, std::uint32_t parts, TryAgain try_again, std::size_t buffered_limit)
    : ledger_(ledger), run_(run), try_again_(std::move(try_again)), buffered_limit_(buffered_limit), parts_(parts) {}

Loader::~Loader() = default;

Answer<void> Loader::add(const LoadedOperation& loaded) {
  const PackedOperation operation{.line = loaded.line, .text = loaded.text, .attempted = loaded.attempted};
  const PartNumber number = part_of(loaded.key_hash, static_cast<std::uint32_t>(parts_.size()));
  ChunkBuilder& builder = parts_[number].builder;
  if (!builder.fits(operation)) {
    if (auto written = write_out(number); !written) return written;
  }
  const std::size_t before = builder.bytes();
  builder.add(operation);
  buffered_ += builder.bytes() - before;
  ++operations_;
  while (buffered_ > buffered_limit_) {
    if (auto written = write_out_fullest(); !written) return written;
  }
  return {};
}

Answer<void> Loader::finish() {
  for (PartNumber number = 0; number < parts_.size(); ++number) {
    if (parts_[number].builder.empty()) continue;
    if (auto written = write_out(number); !written) return written;
  }
  return persistently([&] { return ledger_.finish_loading(run_, operations_); }, try_again_);
}

Answer<void> Loader::write_out(PartNumber number) {
  Part& part = parts_[number];
  buffered_ -= part.builder.bytes();
  const Chunk chunk = part.builder.finish(++part.written);
  return persistently([&] { return ledger_.load(run_, number, std::span(&chunk, 1)); }, try_again_);
}

Answer<void> Loader::write_out_fullest() {
  const auto fullest = std::ranges::max_element(parts_, {}, [](const Part& part) { return part.builder.bytes(); });
  return write_out(static_cast<PartNumber>(fullest - parts_.begin()));
}

}  // namespace koobatch::fleet
