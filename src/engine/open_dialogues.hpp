#pragma once
#include "koobatch/flow/slots.hpp"
#include "koobatch/koodrive/dialogue.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace koobatch::engine {

/// A worker's operations that take several requests each, by slot. In most runs there are none. For use on the worker's
/// thread.
class OpenDialogues {
 public:
  /// Null: every operation is one request. Must outlive it.
  explicit OpenDialogues(koodrive::Dialogues* dialogues) : dialogues_(dialogues) {}

  bool any() const { return dialogues_ != nullptr; }
  /// Whether the first request of the operation reads.
  bool reads_first(const koodrive::Operation& operation) const { return any() && dialogues_->reads_first(operation); }
  /// The operation's dialogue, begun now if it has none. Precondition: any().
  koodrive::Dialogue& about(flow::SlotId slot, const koodrive::Operation& operation);
  /// Keeps how the dialogue ended until the result is recorded.
  void end(flow::SlotId slot, const koodrive::Operation& operation, koodrive::Turn last);
  /// Keeps the answer to the operation itself, which is read back now. Precondition: it has a dialogue.
  void sent(flow::SlotId slot, const koodrive::Outcome& outcome);
  /// What is known of an operation besides its last answer.
  struct Open {
    std::uint32_t line = 0;  ///< of the operation: one that was left out has not been reported
    std::unique_ptr<koodrive::Dialogue> dialogue;
    std::unique_ptr<koodrive::Turn> ending;     ///< how the dialogue ended; null: it did not
    std::unique_ptr<koodrive::Outcome> answer;  ///< to the operation itself; null: it was not read back
  };
  /// Null if there is certainly nothing.
  const Open* find(flow::SlotId slot) const { return slot < open_.size() ? &open_[slot] : nullptr; }
  /// Forgets the operation, whose result was recorded.
  void recorded(flow::SlotId slot);

 private:
  Open& open(flow::SlotId slot, const koodrive::Operation& operation);

  koodrive::Dialogues* const dialogues_;
  std::vector<Open> open_;
};

}  // namespace koobatch::engine
