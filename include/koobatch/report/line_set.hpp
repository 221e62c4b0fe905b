#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace koobatch::report {

/// A set of line numbers: one bit per line, in pages of 64 Ki lines that are allocated on demand. Ten million
/// consecutive lines take 1.25 MiB.
class LineSet {
 public:
  /// False if the line was in the set already.
  bool insert(std::uint32_t line);
  bool contains(std::uint32_t line) const;
  std::uint64_t size() const { return size_; }

 private:
  static constexpr unsigned page_bits = 16;
  using Page = std::array<std::uint64_t, (std::size_t{1} << page_bits) / 64>;

  std::vector<std::unique_ptr<Page>> pages_;
  std::uint64_t size_ = 0;
};

}  // namespace koobatch::report
