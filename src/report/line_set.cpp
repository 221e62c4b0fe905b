#include "koobatch/report/line_set.hpp"

namespace koobatch::report {
namespace {

constexpr std::size_t word_of(std::uint32_t line) {
  return (line & 0xffffU) / 64;
}
constexpr std::uint64_t bit_of(std::uint32_t line) {
  return std::uint64_t{1} << (line % 64);
}

}  // namespace

bool LineSet::insert(std::uint32_t line) {
  const std::size_t number = line >> page_bits;
  if (number >= pages_.size()) pages_.resize(number + 1);
  auto& page = pages_[number];
  if (!page) page = std::make_unique<Page>();
  std::uint64_t& word = (*page)[word_of(line)];
  if ((word & bit_of(line)) != 0) return false;
  word |= bit_of(line);
  ++size_;
  return true;
}

bool LineSet::contains(std::uint32_t line) const {
  const std::size_t number = line >> page_bits;
  return number < pages_.size() && pages_[number] && ((*pages_[number])[word_of(line)] & bit_of(line)) != 0;
}

}  // namespace koobatch::report
