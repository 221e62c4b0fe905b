#include "koobatch/flow/blocked_keys.hpp"

namespace koobatch::flow {

bool BlockedKeys::block(std::uint64_t key) {
  if (keys_.size() < most_) {
    keys_.insert(key);
  } else if (!keys_.contains(key)) {
    overwhelmed_ = true;
  }
  return !overwhelmed_;
}

}  // namespace koobatch::flow
