#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/flow/outcome.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

namespace koobatch::flow {

/// Notices a run that is wrong as a whole (another tenant's users, an endpoint that knows none of the resources): the
/// first operations that end are all rejected with the same answer. Shared by all threads.
class UniformRejection {
 public:
  static constexpr std::size_t sample = 100;

  /// `watch`: false if the user has said how many errors are too many.
  explicit UniformRejection(bool watch) : watching_(watch) {}

  /// Is there still something to find out? Cheap enough to ask for every operation.
  bool watching() const { return watching_.load(std::memory_order_relaxed); }
  /// An operation ended. The answer, in words, if it was the last of a whole sample of such rejections.
  std::optional<std::string> add(Status status, const Outcome& outcome);

 private:
  std::atomic<bool> watching_;
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::string answer_;
};

}  // namespace koobatch::flow
