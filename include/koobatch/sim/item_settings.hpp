#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <string_view>

/// The shared folders and albums that the embedded service has from the start, and how it lists them.
namespace koobatch::sim {

/// "1000,users=10,albums=200": made-up items. Equal settings and seeds make equal items.
struct MadeUpItems {
  std::uint32_t count = 0;   ///< of shared folders and albums together
  std::uint32_t users = 1;   ///< their owners, in turn
  std::uint32_t albums = 0;  ///< how many of them are albums
};
/// Parses the form above. A usage error says what is wrong.
Result<MadeUpItems> parse_made_up_items(std::string_view text);

/// What follows when a shared folder is to get the name of another one of its owner. The service's pages do not say.
enum class NameClash : std::uint8_t {
  accept,  ///< both have the name
  refuse,  ///< code 13000405
  stamp,   ///< success, but under the name with the time appended
};

/// A list that changes while it is read, or is not what it should be: "list=remove,page=3,at=before".
struct ListFault {
  enum class Kind : std::uint8_t {
    add,      ///< an item appears just before the page is made
    remove,   ///< an item disappears
    rename,   ///< an item gets another name
    cut,      ///< the page has half of its items
    empty,    ///< the page has no items
    endless,  ///< after its end, the list begins anew
    growing,  ///< the list gets new items for as long as it is read
    total,    ///< the declared total is wrong
    numbers,  ///< identifiers are numbers instead of texts
  };
  /// Where the item that changes is, seen from the page.
  enum class Place : std::uint8_t {
    before,  ///< the last one of the page before
    in,      ///< in the middle of the page
    after,   ///< the first one of the next page
    index,   ///< at `index` in the whole list that is shown
  };
  static constexpr std::uint32_t always = UINT32_MAX;

  Kind kind = Kind::add;
  std::uint32_t page = 2;  ///< from 1; of endless, growing, total and numbers, the first one
  Place place = Place::in;
  std::uint64_t index = 0;
  std::uint32_t times = 1;  ///< in how many walks along the same list; once in each, when it first reaches the page
  std::int64_t by = 1;      ///< how much the declared total is too high
};
/// Whether the text is meant to be such a fault.
bool is_list_fault(std::string_view text);
/// Parses the form above. A usage error says what is wrong.
Result<ListFault> parse_list_fault(std::string_view text);

}  // namespace koobatch::sim
