#include "koobatch/flow/delivery_rate.hpp"

namespace koobatch::flow {

void DeliveryRate::count(Duration at) {
  const std::int64_t number = at / bucket_length;
  Bucket& bucket = counted_[static_cast<std::size_t>(number) % counted_.size()];
  if (bucket.number != number) bucket = {.number = number};
  ++bucket.admitted;
}

double DeliveryRate::last_second(Duration at) const {
  const std::int64_t newest = at / bucket_length;
  const std::int64_t oldest = newest - static_cast<std::int64_t>(buckets);
  const double within_oldest = 1 - seconds(at % bucket_length) / seconds(bucket_length);
  double sum = 0;
  for (const Bucket& bucket : counted_) {
    if (bucket.number > oldest && bucket.number <= newest) sum += bucket.admitted;
    if (bucket.number == oldest && oldest >= 0) sum += bucket.admitted * within_oldest;
  }
  return sum;
}

}  // namespace koobatch::flow
