#include "koobatch/job/fingerprint.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::job {
namespace {

constexpr std::uint64_t smallest_block = std::uint64_t{64} << 10U;

}  // namespace

std::uint64_t fingerprint_block(std::uint64_t bytes) {
  std::uint64_t block = smallest_block;
  while (bytes / block * sizeof(std::uint64_t) > block) block *= 2;
  return block;
}

struct RunningDigest::State {
  XXH3_state_t of;
};

RunningDigest::RunningDigest() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->of);
}
RunningDigest::~RunningDigest() = default;

void RunningDigest::add(std::string_view bytes) {
  XXH3_64bits_update(&state_->of, bytes.data(), bytes.size());
  bytes_ += bytes.size();
}

Digest RunningDigest::value() const {
  return {bytes_, XXH3_64bits_digest(&state_->of)};
}

FingerprintRecorder::FingerprintRecorder(const FileState& file) : left_in_block_(fingerprint_block(file.bytes)) {
  fingerprint_.block = left_in_block_;
  fingerprint_.file = file;
}

void FingerprintRecorder::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, std::min<std::uint64_t>(left_in_block_, bytes.size()));
    digest_.add(part);
    bytes.remove_prefix(part.size());
    left_in_block_ -= part.size();
    if (left_in_block_ != 0) continue;
    fingerprint_.prefixes.push_back(digest_.value().xxh3);
    left_in_block_ = fingerprint_.block;
  }
}

Fingerprint FingerprintRecorder::finish() {
  fingerprint_.digest = digest_.value();
  if (left_in_block_ != fingerprint_.block) fingerprint_.prefixes.push_back(fingerprint_.digest.xxh3);
  return std::move(fingerprint_);
}

FingerprintCheck::FingerprintCheck(std::shared_ptr<const Fingerprint> expected) : expected_(std::move(expected)) {
  assert(expected_);
}

std::size_t FingerprintCheck::next_size() const {
  if (next_ == expected_->prefixes.size()) return 0;
  return static_cast<std::size_t>(std::min(expected_->block, expected_->digest.bytes - next_ * expected_->block));
}

bool FingerprintCheck::accept(std::string_view block) {
  assert(block.size() == next_size() && !block.empty());
  digest_.add(block);
  return digest_.value().xxh3 == expected_->prefixes[next_++];
}

}  // namespace koobatch::job
