#include "koobatch/flow/uniform_rejection.hpp"

#include <fmt/format.h>

namespace koobatch::flow {
namespace {

std::string describe(const Outcome& outcome) {
  std::string text = fmt::format("HTTP {}", outcome.http);
  if (outcome.code) text += fmt::format(", code {}", *outcome.code);
  const std::string& words = outcome.msg.empty() ? outcome.error : outcome.msg;
  return words.empty() ? text : fmt::format("{}: {}", text, words);
}

}  // namespace

std::optional<std::string> UniformRejection::add(Status status, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  if (!watching()) return std::nullopt;
  std::string answer = status == Status::rejected ? describe(outcome) : std::string();
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
