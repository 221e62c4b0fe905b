#pragma once
#include "sim/items.hpp"
#include "sim/reading.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What lists show of the items. Pure: no I/O, no clock.
namespace koobatch::sim {

/// The group of items whose files name none. No double can hold it.
inline constexpr std::string_view default_group = "9007199254740993";

/// The text of an identifier that is kept as JSON; with its escapes, if it has any.
std::string_view id_text(std::string_view json);

/// The lists from which the items are that a request asks for.
struct Listings {
  Listing first = Listing::created_folders;
  std::optional<Listing> second{};  ///< comes after it
};
/// Precondition: reading.what is not Reading::What::one_folder.
Listings listings_of(const Reading& reading);

/// A number for what a request lists, whatever the page. Two lists that share it count as one: it has 64 bits.
std::uint64_t hash_list(std::string_view user, const Reading& reading);

/// The items that a list shows a user, over all its pages.
class ItemList {
 public:
  ItemList(std::span<const Items::Number> first, std::span<const Items::Number> second)
      : first_(first), second_(second) {}

  std::size_t size() const { return first_.size() + second_.size(); }
  /// Precondition: index < size().
  Items::Number at(std::size_t index) const {
    return index < first_.size() ? first_[index] : second_[index - first_.size()];
  }

 private:
  std::span<const Items::Number> first_, second_;
};

/// Finds what lists show. A list that shows only some of a user's items is kept until anything changes, so that a walk
/// along it does not go through all of them for each page.
class ItemLists {
 public:
  /// Valid until any item is added or removed, and until the next call. Precondition: reading.what is not
  /// Reading::What::one_folder.
  ItemList of(const Items& items, std::string_view user, const Reading& reading);
  /// How often all of a user's items were gone through.
  std::uint64_t searches() const { return searches_; }

 private:
  struct Chosen {
    std::uint64_t changes = 0;  ///< Items::changes() when they were chosen
    std::vector<Items::Number> numbers;
  };

  boost::unordered_flat_map<std::uint64_t, Chosen> chosen_;  ///< by hash_list()
  std::size_t kept_ = 0;                                     ///< numbers in all of them
  std::uint64_t searches_ = 0;
};

}  // namespace koobatch::sim
