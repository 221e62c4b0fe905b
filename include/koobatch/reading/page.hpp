#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/item.hpp"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::reading {

/// What is compared of a resource: which it is, and whether it is as it was.
struct Mark {
  std::uint64_t id = 0;     ///< XXH3-64 of the identifier or, where that cannot be read, of the whole resource
  std::uint64_t value = 0;  ///< of the identifier and everything that can be set
};

/// A resource of a page that is not what it should be.
struct Unreadable {
  std::string id;   ///< empty: it cannot be read
  std::string why;  ///< as the end of a sentence
};

/// A page of a list.
struct Page {
  std::vector<state::Item> items;      ///< in the order of the page
  std::vector<std::size_t> places;     ///< of each item: its index in `marks`
  std::vector<Mark> marks;             ///< of all resources of the page, also those that cannot be read
  std::vector<Unreadable> unreadable;  ///< the first few of them
  std::uint64_t unreadable_count = 0;
  std::optional<std::uint64_t> total;  ///< how many resources the list has, if it says so
  std::string next;                    ///< the cursor of the next page; empty: none

  std::size_t size() const { return marks.size(); }
};

/// Reads an answer to a request for a page, as a user sees it. Returns why it cannot be read, as the end of a sentence:
/// then `page` is undefined. What the service may show, it may show: names need not obey the rules of those that are
/// set.
std::optional<std::string> read_page(const koodrive::ResourceKind& kind, const koodrive::ResourceList& list,
                                     std::string_view user, std::string_view body, Page& page);

/// Reads one resource. Returns what is wrong with it, as the end of a sentence; the identifier is kept if it is
/// readable.
std::optional<std::string> read_item(const koodrive::ResourceKind& kind, const simdjson::dom::element& json,
                                     std::string_view user, state::Item& item);

/// The value at a JSON pointer, if there is one that is not null. An empty pointer leads to `json` itself.
std::optional<simdjson::dom::element> find_value(const simdjson::dom::element& json, std::string_view pointer);

}  // namespace koobatch::reading
