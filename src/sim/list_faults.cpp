#include "sim/list_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace koobatch::sim {
namespace {

using Kind = ListFault::Kind;
using Place = ListFault::Place;

/// The IDs of items that appear begin here: 19 digits, as the service's.
constexpr std::uint64_t first_id = 1'999'999'999'999'000'000;

std::string name_of_walk(std::string_view user, const Reading& reading) {
  return fmt::format("{} {}.{}.{}.{} {} {}", user, static_cast<int>(reading.what), static_cast<int>(reading.whose),
                     reading.album_kind, reading.album_type, reading.group_id.value_or(""), reading.key_word);
}

/// The index that a fault is about in a list of `size` items; nothing if the list has no such place.
std::optional<std::size_t> index_of(const ListFault& fault, const Reading& reading, std::size_t size) {
  const auto offset = static_cast<std::size_t>(std::min<std::uint64_t>(reading.offset, size));
  switch (fault.place) {
    case Place::before:
      return offset == 0 ? std::nullopt : std::optional(offset - 1);
    case Place::in:
      return offset + std::min<std::size_t>(reading.limit, size - offset) / 2;
    case Place::after:
      return offset + reading.limit;
    case Place::index:
      break;
  }
  return static_cast<std::size_t>(fault.index);
}

/// Where in the list of what the user owns the item is that a list shows at `index`; at its end, if there is none.
std::size_t own_place(const Items& items, std::string_view user, const Reading& reading, const ItemList& list,
                      std::size_t index) {
  const auto own =
      items.listed(user, reading.what == Reading::What::albums ? album_listing(reading.album_kind, reading.album_type)
                                                               : Listing::created_folders);
  if (index >= list.size()) return own.size();
  return static_cast<std::size_t>(std::ranges::find(own, list.at(index)) - own.begin());
}

}  // namespace

std::uint32_t ListFaults::page_of(Walk& walk, const Reading& reading) const {
  walk.times.resize(faults_.size());
  if (reading.offset == 0) {
    walk.page = 1;
  } else if (walk.page == 0 || walk.offset != reading.offset) {
    ++walk.page;
  }
  walk.offset = reading.offset;
  return walk.page;
}

PageOddity ListFaults::at_page(Items& items, std::string_view user, const Reading& reading) {
  PageOddity oddity;
  if (faults_.empty()) return oddity;
  Walk& walk = walks_[name_of_walk(user, reading)];
  const std::uint32_t page = page_of(walk, reading);
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const ListFault& fault = faults_[i];
    const bool once = fault.kind <= Kind::empty;
    if (once ? page != fault.page || walk.times[i] >= fault.times : page < fault.page) continue;
    if (happens(fault, items, user, reading, oddity) && once) ++walk.times[i];
  }
  return oddity;
}

/// Whether it could happen at this page.
bool ListFaults::happens(const ListFault& fault, Items& items, std::string_view user, const Reading& reading,
                         PageOddity& oddity) {
  switch (fault.kind) {
    case Kind::add:
    case Kind::remove:
    case Kind::rename:
      return change(fault, items, user, reading);
    case Kind::cut:
      return oddity.cut = true;
    case Kind::empty:
      return oddity.empty = true;
    case Kind::endless:
      return oddity.endless = true;
    case Kind::growing:
      // One page at a time, however far beyond the end the offset is.
      for (std::size_t i = 0; i < reading.limit; ++i) {
        const std::size_t size = ItemList(items, user, reading).size();
        if (reading.offset > size || reading.offset + reading.limit <= size) break;
        add(items, user, reading, size);
      }
      return true;
    case Kind::total:
      oddity.total_by += fault.by;
      return true;
    case Kind::numbers:
      return oddity.numbers = true;
  }
  return false;
}

bool ListFaults::change(const ListFault& fault, Items& items, std::string_view user, const Reading& reading) {
  const ItemList list(items, user, reading);
  const auto index = index_of(fault, reading, list.size());
  if (!index) return false;
  if (fault.kind == Kind::add) {
    add(items, user, reading, own_place(items, user, reading, list, *index));
    return true;
  }
  if (*index >= list.size()) return false;
  const Items::Number item = list.at(*index);
  if (fault.kind == Kind::remove) {
    items.remove(item);
  } else {
    items.rename(item, fmt::format("renamed {}", ++made_up_));
  }
  return true;
}

void ListFaults::add(Items& items, std::string_view user, const Reading& reading, std::size_t place) {
  // Those that others own have their place at the end of the list.
  const bool joins = reading.what == Reading::What::folders && reading.whose == Reading::Whose::joined;
  const std::array<std::string_view, 1> joined = {user};
  for (bool added = false; !added;) {
    const std::uint64_t number = ++made_up_;
    const std::string id = fmt::format("{}", first_id + number);
    const std::string name = fmt::format("{}{}added {}", reading.key_word, reading.key_word.empty() ? "" : " ", number);
    ItemView item{.id = id, .owner = joins ? "another" : user, .name = name, .members = {}};
    if (reading.what == Reading::What::albums) {
      item.kind = ItemKind::album;
      item.album_kind = static_cast<std::uint8_t>(reading.album_kind);
      item.album_type = static_cast<std::uint8_t>(reading.album_type);
    }
    added =
        items.add(item, joins ? std::span<const std::string_view>(joined) : std::span<const std::string_view>(), place);
  }
}

}  // namespace koobatch::sim
