#include "koobatch/flow/delivery_rate.hpp"

namespace koobatch::flow {

DeliveryRate::Bucket& DeliveryRate::bucket_at(Duration at) {
  const std::int64_t number = at / bucket_length;
  Bucket& bucket = counted_[static_cast<std::size_t>(number) % counted_.size()];
  if (bucket.number != number) bucket = {.number = number};
  return bucket;
}

void DeliveryRate::count(Duration at) {
  ++bucket_at(at).admitted;
}

void DeliveryRate::leave_unused(Duration at, std::uint32_t requests) {
  bucket_at(at).unused += requests;
}

template <class Value>
double DeliveryRate::sum_of_last_second(Duration at, Value value) const {
  const std::int64_t newest = at / bucket_length;
  const std::int64_t oldest = newest - static_cast<std::int64_t>(buckets);
  const double within_oldest = 1 - seconds(at % bucket_length) / seconds(bucket_length);
  double sum = 0;
  for (const Bucket& bucket : counted_) {
    if (bucket.number > oldest && bucket.number <= newest) sum += value(bucket);
    if (bucket.number == oldest && oldest >= 0) sum += value(bucket) * within_oldest;
  }
  return sum;
}

double DeliveryRate::last_second(Duration at) const {
  return sum_of_last_second(at, [](const Bucket& bucket) { return static_cast<double>(bucket.admitted); });
}

double DeliveryRate::possible_in_last_second(Duration at) const {
  return sum_of_last_second(at,
                            [](const Bucket& bucket) { return static_cast<double>(bucket.admitted) + bucket.unused; });
}

}  // namespace koobatch::flow
