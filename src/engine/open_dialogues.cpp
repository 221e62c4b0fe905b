#include "engine/open_dialogues.hpp"

#include <cassert>
#include <utility>

namespace koobatch::engine {

OpenDialogues::Open& OpenDialogues::open(flow::SlotId slot, const koodrive::Operation& operation) {
  assert(any());
  if (slot >= open_.size()) open_.resize(slot + 1);
  Open& open = open_[slot];
  if (open.line != operation.line()) {
    open = {};
    open.line = operation.line();
  }
  return open;
}

koodrive::Dialogue& OpenDialogues::about(flow::SlotId slot, const koodrive::Operation& operation) {
  Open& about = open(slot, operation);
  if (!about.dialogue) about.dialogue = dialogues_->about(operation);
  return *about.dialogue;
}

void OpenDialogues::end(flow::SlotId slot, const koodrive::Operation& operation, koodrive::Turn last) {
  open(slot, operation).ending = std::make_unique<koodrive::Turn>(std::move(last));
}

void OpenDialogues::sent(flow::SlotId slot, const koodrive::Outcome& outcome) {
  assert(slot < open_.size());
  open_[slot].answer = std::make_unique<koodrive::Outcome>(outcome);
}

void OpenDialogues::recorded(flow::SlotId slot) {
  if (slot < open_.size()) open_[slot] = {};
}

}  // namespace koobatch::engine
