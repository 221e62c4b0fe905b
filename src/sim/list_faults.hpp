#pragma once
#include "koobatch/sim/item_settings.hpp"
#include "sim/item_lists.hpp"
#include "sim/item_pages.hpp"
#include "sim/items.hpp"
#include "sim/reading.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::sim {

/// Whether such a fault happens to one page of a walk. Otherwise, it is so from that page on.
constexpr bool is_of_one_page(ListFault::Kind kind) {
  return kind <= ListFault::Kind::empty;
}

/// Makes lists change while they are read, and pages that are not what they should be. What happens depends only on
/// the requests and their order.
///
/// A walk is a series of requests by one user for one list. Each request for its first page begins a new one; each for
/// an offset beyond all before is its next page; any other is about a page that the walk has reached before.
class ListFaults {
 public:
  explicit ListFaults(std::vector<ListFault> faults) : faults_(std::move(faults)) {}

  /// To be called when a page is made, before it is: changes items as the faults say, and returns what is odd about the
  /// page. Precondition: reading.what is not Reading::What::one_folder.
  PageOddity at_page(Items& items, ItemLists& lists, std::string_view user, const Reading& reading);

 private:
  /// What a fault has done to a walk and those before it.
  struct Course {
    std::optional<std::uint64_t> reached{};  ///< the offset of its page, once this walk has been there
    bool happened = false;                   ///< in this walk
    std::size_t withheld = 0;                ///< the items of its page that were not shown
    std::uint32_t times = 0;                 ///< in how many walks it happened
  };
  struct Walk {
    std::uint64_t furthest = 0;  ///< offset
    std::uint32_t pages = 0;
    std::vector<Course> courses;  ///< by fault
  };
  /// A page about to be made.
  struct Page {
    Items& items;
    ItemLists& lists;
    std::string_view user;
    const Reading& reading;
    std::size_t from;  ///< the index of its first item

    ItemList list() const { return lists.of(items, user, reading); }
  };

  /// Where an item is to appear.
  struct Spot {
    Listing listing{};
    std::size_t place = SIZE_MAX;  ///< in it; by default at its end
  };

  static bool moves_on(Walk& walk, const Reading& reading);
  static void withhold(Walk& walk, const Page& page, const PageOddity& oddity);
  static Spot end_of(const Page& page);
  static Spot spot_of(const Page& page, std::size_t index);
  void apply(std::size_t fault, const Page& page, Walk& walk, bool is_new, PageOddity& oddity);
  bool change(const ListFault& fault, const Page& page);
  void grow(const Page& page);
  void add(const Page& page, Spot spot);

  std::vector<ListFault> faults_;
  boost::unordered_flat_map<std::uint64_t, Walk> walks_;  ///< by hash_list(): one for each list that was asked for
  std::uint64_t made_up_ = 0;                             ///< names and IDs so far
};

}  // namespace koobatch::sim
