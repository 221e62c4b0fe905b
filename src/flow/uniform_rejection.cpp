#include "koobatch/flow/uniform_rejection.hpp"

namespace koobatch::flow {

std::optional<std::string> UniformRejection::add(Status status, const koodrive::Outcome& outcome) {
  const MutexLock lock(mutex_);
  if (!watching()) return std::nullopt;
  // An operation is skipped, too, if the request that reads what it is about was rejected.
  const bool is_rejection =
      status == Status::rejected || (status == Status::skipped && outcome.verdict == koodrive::Verdict::rejected);
  std::string answer = is_rejection ? describe(outcome) : std::string();
  if (count_ == 0) answer_ = answer;
  if (answer.empty() || answer != answer_) {
    watching_ = false;
    return std::nullopt;
  }
  if (++count_ < sample) return std::nullopt;
  watching_ = false;
  return answer_;
}

}  // namespace koobatch::flow
