#include "koobatch/flow/sequencer.hpp"

namespace koobatch::flow {

void Sequencer::add(std::uint64_t key, SlotId slot) {
  if (slot >= behind_.size()) behind_.resize(slot + 1, none);
  behind_[slot] = none;
  const auto [place, is_new] = lanes_.try_emplace(key);
  if (is_new) {
    ready_.push_back(slot);
    return;
  }
  Lane& lane = place->second;
  if (lane.head == none) {
    lane.head = slot;
    if (lane.is_recorded) ++waiting_for_sync_;
  } else {
    behind_[lane.tail] = slot;
  }
  lane.tail = slot;
}

void Sequencer::recorded(std::uint64_t key, std::uint64_t ticket) {
  Lane& lane = lanes_.find(key)->second;
  lane.is_recorded = true;
  if (lane.head != none) ++waiting_for_sync_;
  unsynced_.push_back({key, ticket});
}

void Sequencer::abandon(std::uint64_t key, std::vector<SlotId>& behind) {
  const auto place = lanes_.find(key);
  for (SlotId slot = place->second.head; slot != none; slot = behind_[slot]) behind.push_back(slot);
  lanes_.erase(place);
}

void Sequencer::durable(std::uint64_t ticket) {
  for (; !unsynced_.empty() && unsynced_.front().ticket <= ticket; unsynced_.pop_front()) {
    const auto place = lanes_.find(unsynced_.front().key);
    Lane& lane = place->second;
    if (lane.head == none) {
      lanes_.erase(place);
      continue;
    }
    --waiting_for_sync_;
    lane.is_recorded = false;
    ready_.push_back(lane.head);
    lane.head = behind_[lane.head];
  }
}

}  // namespace koobatch::flow
