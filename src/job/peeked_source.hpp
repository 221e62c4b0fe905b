#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::job {

/// A source whose first bytes can be examined before they are read.
class PeekedSource final : public ByteSource {
 public:
  /// Reads the first `size` bytes ahead, or as many as there are.
  static Result<std::unique_ptr<PeekedSource>> peek(std::unique_ptr<ByteSource> source, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const auto got = source->read(bytes.data() + filled, bytes.size() - filled);
      if (!got) return got.error();
      if (*got == 0) break;
      filled += *got;
    }
    bytes.resize(filled);
    return std::unique_ptr<PeekedSource>(new PeekedSource(std::move(bytes), std::move(source)));
  }

  std::string_view first_bytes() const { return first_bytes_; }

  Result<std::size_t> read(char* out, std::size_t size) override {
    if (at_ == first_bytes_.size()) return rest_->read(out, size);
    const auto count = std::min(size, first_bytes_.size() - at_);
    std::memcpy(out, first_bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

  Digest digest() const override { return rest_->digest(); }

 private:
  PeekedSource(std::string first_bytes, std::unique_ptr<ByteSource> rest)
      : first_bytes_(std::move(first_bytes)), rest_(std::move(rest)) {}

  std::string first_bytes_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace koobatch::job
