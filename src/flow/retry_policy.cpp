#include "koobatch/flow/retry_policy.hpp"

#include <algorithm>

namespace koobatch::flow {

Duration RetryPolicy::backoff(unsigned retry, std::mt19937_64& random) const {
  Duration ceiling = std::min(base, cap);
  for (unsigned i = 1; i < retry && ceiling < cap; ++i) ceiling = ceiling > cap / 2 ? cap : ceiling * 2;
  std::uniform_int_distribution<Duration::rep> uniform(0, ceiling.count());
  return Duration(uniform(random));
}

}  // namespace koobatch::flow
