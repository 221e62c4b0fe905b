#pragma once
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace koobatch::flow {

/// Lanes by key: of the operations on one key, the first is ready, the others wait behind it in the order they came,
/// until its result is recorded and durable. Keys are hashes; two keys that share one are merely serialised.
class Sequencer {
 public:
  using SlotId = std::uint32_t;

  /// Puts `slot` at the end of `key`'s lane. Slots are small numbers; one may be added again once it was recorded.
  void add(std::uint64_t key, SlotId slot);

  /// Is nothing ready to be sent?
  bool empty() const { return ready_.empty(); }
  /// How many are ready: heads of lanes not yet taken.
  std::size_t ready() const { return ready_.size(); }
  /// The one that became ready first; only if not empty.
  SlotId front() const { return ready_.front(); }
  /// Takes it. Its lane stays closed until its result is recorded and durable.
  void pop() { ready_.pop_front(); }

  /// The result of the operation at the head of `key`'s lane is in the report's group `ticket` (rising).
  void recorded(std::uint64_t key, std::uint64_t ticket);
  /// The operation at the head of `key`'s lane, which was taken, will have no result, and so none of the lane. Appends
  /// those that waited behind it to `behind`, in order.
  void abandon(std::uint64_t key, std::vector<SlotId>& behind);
  /// Groups up to `ticket` are durable: their lanes move on.
  void durable(std::uint64_t ticket);

  /// Results recorded that are not known to be durable.
  std::size_t unsynced() const { return unsynced_.size(); }
  /// Lanes that could move on if those were durable.
  std::size_t waiting_for_sync() const { return waiting_for_sync_; }

 private:
  static constexpr SlotId none = UINT32_MAX;
  struct Lane {
    SlotId head = none;  ///< the first that waits; the one under way is not in the list
    SlotId tail = none;
    bool is_recorded = false;
  };
  struct Recorded {
    std::uint64_t key;
    std::uint64_t ticket;
  };

  boost::unordered_flat_map<std::uint64_t, Lane> lanes_;
  std::vector<SlotId> behind_;  ///< by slot: the next in its lane
  std::deque<SlotId> ready_;
  std::deque<Recorded> unsynced_;
  std::size_t waiting_for_sync_ = 0;
};

}  // namespace koobatch::flow
