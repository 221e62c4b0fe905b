#pragma once
#include "koobatch/sim/item_settings.hpp"
#include "sim/item_pages.hpp"
#include "sim/items.hpp"
#include "sim/reading.hpp"

#include <map>
#include <string>
#include <vector>

namespace koobatch::sim {

/// Makes lists change while they are read, and pages that are not what they should be. What happens depends only on
/// the requests and their order.
///
/// A walk is a series of requests by one user for one list, which begins with the first page; a further request for the
/// page that was asked for last is about the same page.
class ListFaults {
 public:
  explicit ListFaults(std::vector<ListFault> faults) : faults_(std::move(faults)) {}

  /// To be called when a page is made, before it is: changes items as the faults say, and returns what is odd about the
  /// page. Precondition: reading.what is not Reading::What::folder.
  PageOddity at_page(Items& items, std::string_view user, const Reading& reading);

 private:
  struct Walk {
    std::uint64_t offset = 0;
    std::uint32_t page = 0;
    std::vector<std::uint32_t> times;  ///< by fault, how often it happened
  };

  std::uint32_t page_of(Walk& walk, const Reading& reading) const;
  bool change(const ListFault& fault, Items& items, std::string_view user, const Reading& reading);
  bool happens(const ListFault& fault, Items& items, std::string_view user, const Reading& reading, PageOddity& oddity);
  void add(Items& items, std::string_view user, const Reading& reading, std::size_t place);

  std::vector<ListFault> faults_;
  std::map<std::string, Walk> walks_;  ///< by user and list
  std::uint64_t made_up_ = 0;          ///< names and IDs so far
};

}  // namespace koobatch::sim
