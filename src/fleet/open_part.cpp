#include "fleet/open_part.hpp"

#include <cassert>

namespace koobatch::fleet {

std::optional<ChunkNumber> WaitingLines::next_after(ChunkNumber chunk) const {
  const auto found = lines_.upper_bound(chunk);
  return found == lines_.end() ? std::nullopt : std::optional(found->first);
}

void WaitingLines::add(ChunkNumber chunk, std::uint32_t line, std::uint64_t key) {
  lines_[chunk].insert(line);
  ++keys_[key];
  ++size_;
}

bool WaitingLines::take(ChunkNumber chunk, std::uint32_t line, std::uint64_t key) {
  const auto lines = lines_.find(chunk);
  if (lines == lines_.end() || lines->second.erase(line) == 0) return false;
  if (lines->second.empty()) lines_.erase(lines);
  if (--keys_[key] == 0) keys_.erase(key);
  --size_;
  return true;
}

OpenPart::OpenPart(const ClaimedPart& part, BootTime received)
    : chunks_(part.chunks),
      doubt_(part.doubt),
      hold_until_(received + part.hold),
      knows_history_(part.epoch <= 1),
      done_(part.done),
      acknowledged_{part.part, part.done, part.done + 1},
      queued_(part.done) {}

std::optional<ChunkNumber> OpenPart::next_again(BootTime now) const {
  if (is_holding(now)) return std::nullopt;
  return waiting_.next_after(queued_again_);
}

std::optional<ChunkNumber> OpenPart::next_fresh(BootTime now) const {
  // What has waited goes first: it is older than anything on its key that was not read yet.
  if (queued_ == chunks_ || (!is_holding(now) && !waiting_.empty())) return std::nullopt;
  return queued_ + 1;
}

void OpenPart::begin(ChunkNumber chunk, bool again, BootTime now) {
  assert(!reading_);
  assert(again || chunk == done_ + states_.size() + 1);
  reading_ = chunk;
  again_ = again;
  // Latched: of two operations on one key, the second must not overtake the first because time has passed between them.
  holding_ = is_holding(now);
  if (!again) states_.emplace_back();
}

bool OpenPart::must_wait(std::uint64_t key) const {
  if (waiting_.contains_key(key)) return true;
  if (!holding_) return false;
  const auto head = heads_.find(key);
  return head != heads_.end() && head->second == Head::sent;
}

OpenPart::Turn OpenPart::take(std::uint32_t line, std::uint64_t key, bool is_repeatable, bool noted) {
  assert(reading_);
  if (!again_) return take_first(line, key, is_repeatable, noted);
  if (!waiting_.take(*reading_, line, key)) return Turn::not_now;
  ++open_lines_;
  return Turn::fresh;
}

OpenPart::Turn OpenPart::take_first(std::uint32_t line, std::uint64_t key, bool is_repeatable, bool noted) {
  ++state(*reading_).left;
  if (noted) {
    heads_[key] = Head::sent;
    ++open_lines_;
    return Turn::in_doubt;
  }
  if (must_wait(key)) {
    waiting_.add(*reading_, line, key);
    return Turn::waits;
  }
  ++open_lines_;
  if (!is_in_doubt(*reading_)) return Turn::fresh;
  // Only the first one on its key: the others waited for its result. One that must not be repeated is sent only after
  // it was noted.
  const auto [head, is_first] = heads_.try_emplace(key, is_repeatable ? Head::sent : Head::not_sent);
  return is_first && is_repeatable ? Turn::in_doubt : Turn::fresh;
}

void OpenPart::end() {
  assert(reading_);
  if (!again_) state(*reading_).was_read = true;
  const bool doubt_is_over = !holding_ && waiting_.empty() && done_ + states_.size() >= doubt_;
  if (doubt_is_over) heads_.clear();
  reading_.reset();
  advance();
}

void OpenPart::recorded(ChunkNumber chunk) {
  assert(open_lines_ > 0);
  --open_lines_;
  --state(chunk).left;
  advance();
}

void OpenPart::advance() {
  while (!states_.empty() && states_.front().was_read && states_.front().left == 0) {
    states_.pop_front();
    ++done_;
  }
}

}  // namespace koobatch::fleet
