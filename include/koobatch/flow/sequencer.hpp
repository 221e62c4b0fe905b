#pragma once
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace koobatch::flow {

/// Lanes by key: of the operations on one key, the first is ready; the others wait behind it in order of arrival until
/// its result is recorded and durable. Keys are hashes; if two keys collide, their operations are merely serialised.
class Sequencer {
 public:
  using SlotId = std::uint32_t;

  /// Puts `slot` at the end of `key`'s lane. Slots are small numbers; one may be added again after it was recorded.
  void add(std::uint64_t key, SlotId slot);

  /// Whether nothing is ready to be sent.
  bool empty() const { return ready_.empty(); }
  /// The number of ready operations: heads of lanes not yet taken.
  std::size_t ready() const { return ready_.size(); }
  /// The operation that became ready first. Precondition: not empty().
  SlotId front() const { return ready_.front(); }
  /// Takes front(). Its lane stays closed until its result is recorded and durable.
  void pop() { ready_.pop_front(); }

  /// Reports that the result of the operation at the head of `key`'s lane is in the report's group `ticket`. Tickets
  /// never decrease.
  void recorded(std::uint64_t key, std::uint64_t ticket);
  /// Closes the lane of `key`: the operation at its head, which was taken, will have no result, and so none of the
  /// others will. Appends those waiting behind it to `behind`, in order.
  void abandon(std::uint64_t key, std::vector<SlotId>& behind);
  /// Reports that groups up to `ticket` are durable: their lanes advance.
  void durable(std::uint64_t ticket);

  /// The number of recorded results not known to be durable.
  std::size_t unsynced() const { return unsynced_.size(); }
  /// The number of lanes that could advance if those were durable.
  std::size_t waiting_for_sync() const { return waiting_for_sync_; }

 private:
  static constexpr SlotId none = UINT32_MAX;
  struct Lane {
    SlotId head = none;  ///< the first waiting operation; the one in flight is not in the list
    SlotId tail = none;
    bool is_recorded = false;
  };
  struct Recorded {
    std::uint64_t key;
    std::uint64_t ticket;
  };

  boost::unordered_flat_map<std::uint64_t, Lane> lanes_;
  std::vector<SlotId> behind_;  ///< by slot: the next one in its lane
  std::deque<SlotId> ready_;
  std::deque<Recorded> unsynced_;
  std::size_t waiting_for_sync_ = 0;
};

}  // namespace koobatch::flow
