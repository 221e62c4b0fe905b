#pragma once
#include "sim/items.hpp"
#include "sim/reading.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Answers to requests that read items, as the service's pages describe them.
namespace koobatch::sim {

/// How a page differs from what it should be.
struct PageOddity {
  bool cut = false;      ///< has half of its items
  bool empty = false;    ///< has none
  bool endless = false;  ///< after its end, the list begins anew
  bool numbers = false;  ///< identifiers are numbers instead of texts
  std::int64_t total_by = 0;
};

/// The items that a list shows a user, over all its pages. Valid until any item is added or removed.
class ItemList {
 public:
  ItemList(const Items& items, std::string_view user, const Reading& reading);

  std::size_t size() const { return first_.size() + second_.size(); }
  /// Precondition: index < size().
  Items::Number at(std::size_t index) const {
    return index < first_.size() ? first_[index] : second_[index - first_.size()];
  }

 private:
  std::vector<Items::Number> chosen_;  ///< if not all of the user's lists are shown
  std::span<const Items::Number> first_, second_;
};

/// Appends a page of a list, as far as it exists. Precondition: reading.what is not Reading::What::folder.
void append_page(std::string& out, const Items& items, std::string_view user, const Reading& reading,
                 const PageOddity& oddity);
/// Appends the answer about one folder.
void append_metadata(std::string& out, const Items& items, Items::Number number);

}  // namespace koobatch::sim
