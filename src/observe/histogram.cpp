#include "koobatch/observe/histogram.hpp"

#include <cmath>

namespace koobatch::observe {

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::middle(std::size_t bucket) {
  constexpr std::size_t exact = std::size_t{2} << precision;
  if (bucket < exact) return bucket;
  const auto shift = static_cast<unsigned>((bucket >> precision) - 1);
  const std::uint64_t low = static_cast<std::uint64_t>(bucket - (static_cast<std::size_t>(shift) << precision))
                            << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

Duration Histogram::percentile(double fraction) const {
  if (count_ == 0) return Duration::zero();
  const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t seen = 0;
  std::size_t i = 0;
  while ((seen += counts_[i]) < rank) ++i;
  return Duration(static_cast<Duration::rep>(std::clamp(middle(i), min_, max_)));
}

Duration Histogram::mean() const {
  return count_ == 0 ? Duration::zero() : Duration(std::llround(sum_ / static_cast<double>(count_)));
}

}  // namespace koobatch::observe
