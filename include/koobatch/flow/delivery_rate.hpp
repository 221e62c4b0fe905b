#pragma once
#include "koobatch/core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace koobatch::flow {

/// How many requests the service admitted in the last second: what it delivers, as BBR (draft-cardwell-iccrg-bbr)
/// measures a path by what arrives rather than by what is lost. The period is one second because quotas are counted per
/// second. Times are from one steady clock and never go back.
class DeliveryRate {
 public:
  static constexpr Duration window = std::chrono::seconds(1);

  void count(Duration at);
  /// Reports that so many requests more could have been sent until `at` than were.
  void leave_unused(Duration at, std::uint32_t requests);
  /// Requests admitted within the second before `at`; the start of that second is accurate to a twentieth of a second.
  double last_second(Duration at) const;
  /// Like last_second(), with those that could have been sent and were not: the client, not the service, is the reason
  /// that nothing is known of them.
  double possible_in_last_second(Duration at) const;

 private:
  static constexpr std::size_t buckets = 20;
  static constexpr Duration bucket_length = window / buckets;
  struct Bucket {
    std::int64_t number = -1;  ///< which twentieth of a second it counts
    std::uint32_t admitted = 0;
    std::uint32_t unused = 0;
  };

  Bucket& bucket_at(Duration at);
  template <class Value>
  double sum_of_last_second(Duration at, Value value) const;

  /// One more than the window has, because the window begins within the oldest.
  std::array<Bucket, buckets + 1> counted_;
};

}  // namespace koobatch::flow
