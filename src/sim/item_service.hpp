#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/sim/item_settings.hpp"
#include "sim/item_lists.hpp"
#include "sim/items.hpp"
#include "sim/list_faults.hpp"
#include "sim/service.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::sim {

/// The part of the service that has items: decides what requests mean for them, changes and shows them.
class ItemService {
 public:
  ItemService(Items items, NameClash clash, std::vector<ListFault> faults);

  /// Refuses a request that keeps all documented rules, but not those about the items that exist now: the item must be
  /// there, and not deleted if it is to change, and perhaps its name must not be taken. Precondition: the judgement is
  /// accepted.
  void judge(Judgement& judgement) const;
  /// Sets what an operation sets. False: it is about something that is no item. Precondition: judge() has accepted it
  /// since the last change.
  bool apply(const Judgement& judgement, WallTime now);
  /// Appends the answer to a request that reads. Precondition: judge() has accepted it since the last change.
  void append_answer(std::string& out, const Judgement& judgement, std::string_view user);

  const Items& items() const { return items_; }

 private:
  bool is_taken(Items::Number item, std::string_view name) const;
  std::string stamped(Items::Number item, std::string_view name, WallTime now);

  Items items_;
  ItemLists lists_;
  NameClash clash_;
  ListFaults faults_;
  std::string stamp_;  ///< the time appended last
  /// By name with that time appended: the number to try next. Few, since they are forgotten with the second.
  boost::unordered_flat_map<std::string, int> next_;
};

}  // namespace koobatch::sim
