#include "koobatch/flow/asking.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

constexpr Duration longest = std::chrono::milliseconds(500);
/// After this long without an answer, another request may ask.
constexpr Duration patience = std::chrono::seconds(2);
/// A bucket that is refilled steadily has room again by this question, whatever the service says.
constexpr unsigned enough = 2;
/// What the service says may be wrong.
constexpr Duration longest_belief = std::chrono::seconds(5);

}  // namespace

void Asking::begin(Duration active, Duration interval, double growth, bool pause) {
  interval_ = std::min(interval, longest);
  due_ = active + (pause ? Duration::zero() : interval_);
  growth_ = growth;
  open_ = {};
  in_vain_ = 0;
  awaited_ = false;
}

void Asking::refused(Duration active, bool pause) {
  awaited_ = false;
  ++in_vain_;
  const std::chrono::duration<double, Duration::period> next = interval_ * growth_;
  interval_ = next < longest ? std::chrono::duration_cast<Duration>(next) : longest;
  due_ = active + (pause ? Duration::zero() : interval_);
  if (in_vain_ >= enough) due_ = std::max(due_, std::min(open_, active + longest_belief));
}

void Asking::sent(Duration active) {
  awaited_ = true;
  due_ = active + patience;
}

}  // namespace koobatch::flow
