#include "engine/open_dialogues.hpp"

#include <cassert>
#include <utility>

namespace koobatch::engine {

koodrive::Dialogue& OpenDialogues::about(flow::SlotId slot, const koodrive::Operation& operation) {
  assert(any());
  if (slot >= open_.size()) open_.resize(slot + 1);
  Open& open = open_[slot];
  if (open.line != operation.line()) open = {operation.line(), dialogues_->about(operation), nullptr};
  return *open.dialogue;
}

void OpenDialogues::end(flow::SlotId slot, koodrive::Turn last) {
  assert(slot < open_.size());
  open_[slot].ending = std::make_unique<koodrive::Turn>(std::move(last));
}

const koodrive::Turn* OpenDialogues::ending(flow::SlotId slot) const {
  return slot < open_.size() ? open_[slot].ending.get() : nullptr;
}

void OpenDialogues::recorded(flow::SlotId slot, const koodrive::Operation& operation, Status status) {
  dialogues_->ended(operation, status);
  if (slot < open_.size()) open_[slot] = {};
}

}  // namespace koobatch::engine
