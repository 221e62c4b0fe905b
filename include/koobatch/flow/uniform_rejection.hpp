#pragma once
#include "koobatch/core/mutex.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

namespace koobatch::flow {

/// Notices a run that is wrong as a whole (users of another tenant, an endpoint that knows none of the resources): the
/// first operations to finish are all rejected with the same answer. Shared by all threads.
class UniformRejection {
 public:
  static constexpr std::size_t sample = 100;

  /// `watch`: false if the user has set an error limit.
  explicit UniformRejection(bool watch) : watching_(watch) {}

  /// Whether the question is still open. Cheap enough to check for every operation.
  bool watching() const { return watching_.load(std::memory_order_relaxed); }
  /// Reports that an operation has finished. Returns a description of the answer if this completes a sample of such
  /// rejections.
  std::optional<std::string> add(Status status, const koodrive::Outcome& outcome);

 private:
  std::atomic<bool> watching_;
  Mutex mutex_;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  std::string answer_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::flow
