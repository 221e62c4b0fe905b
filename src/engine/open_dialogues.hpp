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
  /// Whether the first request of an operation reads.
  bool read_first() const { return any() && dialogues_->read_first(); }
  /// The operation's dialogue, begun now if it has none. Precondition: any().
  koodrive::Dialogue& about(flow::SlotId slot, const koodrive::Operation& operation);
  /// Keeps how the dialogue ended until the result is recorded.
  void end(flow::SlotId slot, const koodrive::Operation& operation, koodrive::Turn last);
  /// How the dialogue ended; null if it did not, or there was none.
  const koodrive::Turn* ending(flow::SlotId slot) const;
  /// Keeps the answer to the operation itself, which is read back now. Precondition: it has a dialogue.
  void sent(flow::SlotId slot, const koodrive::Outcome& outcome);
  /// That answer; null if the operation was not read back.
  const koodrive::Outcome* answer(flow::SlotId slot) const;
  /// Forgets the operation, whose result was recorded.
  void recorded(flow::SlotId slot);

 private:
  struct Open {
    std::uint32_t line = 0;  ///< of the operation: one that was left out has told nobody
    std::unique_ptr<koodrive::Dialogue> dialogue;
    std::unique_ptr<koodrive::Turn> ending;
    std::unique_ptr<koodrive::Outcome> answer;
  };

  Open& open(flow::SlotId slot, const koodrive::Operation& operation);

  koodrive::Dialogues* const dialogues_;
  std::vector<Open> open_;
};

}  // namespace koobatch::engine
