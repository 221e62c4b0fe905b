#pragma once
#include "sim/item_lists.hpp"
#include "sim/items.hpp"
#include "sim/reading.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// Answers to requests that read items, as the service's pages describe them.
namespace koobatch::sim {

/// How a page differs from what it should be.
struct PageOddity {
  bool cut = false;      ///< has half of its items
  bool empty = false;    ///< has none
  bool endless = false;  ///< after its end, the list begins anew
  bool numbers = false;  ///< identifiers are numbers instead of texts
  std::size_t back = 0;  ///< how many items earlier it begins
  std::int64_t total_by = 0;
};

/// The indices of a page's items in their list, which wrap around at its end if the list is endless.
struct Range {
  std::size_t from = 0;
  std::size_t count = 0;
};
Range range_of(std::size_t size, const Reading& reading, const PageOddity& oddity);

/// Appends a page of a list, as far as it exists.
void append_page(std::string& out, const Items& items, const ItemList& list, const Reading& reading,
                 const PageOddity& oddity);
/// Appends the answer about one folder.
void append_metadata(std::string& out, const Items& items, Items::Number number);

}  // namespace koobatch::sim
