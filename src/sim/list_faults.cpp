#include "sim/list_faults.hpp"

#include "koobatch/core/json.hpp"
#include "sim/members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

namespace koobatch::sim {
namespace {

using Kind = ListFault::Kind;
using Place = ListFault::Place;

/// The IDs of items that appear begin here: 19 digits, as the service's.
constexpr std::uint64_t first_id = 1'999'999'999'999'000'000;

/// The index that a fault is about in a list of `size` items; nothing if the list has no such place. `from`: that of
/// the page's first item.
std::optional<std::size_t> index_of(const ListFault& fault, std::size_t from, std::size_t limit, std::size_t size) {
  from = std::min(from, size);
  switch (fault.place) {
    case Place::before:
      return from == 0 ? std::nullopt : std::optional(from - 1);
    case Place::in:
      return from + std::min(limit, size - from) / 2;
    case Place::after:
      return from + limit;
    case Place::index:
      break;
  }
  return static_cast<std::size_t>(fault.index);
}

/// The members of an item that a list of one group is to show.
std::string members_for(const Reading& reading) {
  std::string members;
  if (!reading.group_id.empty()) {
    append_member(members, "groupId", [&] { append_json_string(members, reading.group_id); });
  }
  return members;
}

}  // namespace

/// Whether the request is for a page that its walk has not reached before.
bool ListFaults::moves_on(Walk& walk, const Reading& reading) {
  if (reading.offset == 0) {
    walk.pages = 0;
    for (Course& course : walk.courses) course = {.reached = {}, .times = course.times};
  } else if (walk.pages > 0 && reading.offset <= walk.furthest) {
    return false;
  }
  ++walk.pages;
  walk.furthest = reading.offset;
  return true;
}

PageOddity ListFaults::at_page(Items& items, ItemLists& lists, std::string_view user, const Reading& reading) {
  PageOddity oddity;
  if (faults_.empty()) return oddity;
  Walk& walk = walks_[hash_list(user, reading)];
  walk.courses.resize(faults_.size());
  const bool is_new = moves_on(walk, reading);
  // An offset says where to continue; a page number does not, so what was withheld moves to the pages after it.
  const bool numbered = reading.what == Reading::What::album_list;
  for (const Course& course : walk.courses) {
    if (numbered && course.reached && *course.reached < reading.offset) oddity.back += course.withheld;
  }
  const Page page{items, lists, user, reading, range_of(0, reading, oddity).from};
  for (std::size_t i = 0; i < faults_.size(); ++i) apply(i, page, walk, is_new, oddity);
  if (oddity.cut || oddity.empty) withhold(walk, page, oddity);
  return oddity;
}

/// Notes how many items the page lacks.
void ListFaults::withhold(Walk& walk, const Page& page, const PageOddity& oddity) {
  PageOddity whole = oddity;
  whole.cut = whole.empty = false;
  const std::size_t size = page.list().size();
  const auto course = std::ranges::find_if(
      walk.courses, [&](const Course& c) { return c.happened && c.reached == page.reading.offset; });
  assert(course != walk.courses.end());
  course->withheld = range_of(size, page.reading, whole).count - range_of(size, page.reading, oddity).count;
}

/// Does what a fault does to this page. `is_new`: the walk has not reached it before.
void ListFaults::apply(std::size_t number, const Page& page, Walk& walk, bool is_new, PageOddity& oddity) {
  const ListFault& fault = faults_[number];
  Course& course = walk.courses[number];
  const bool reaches = is_new && walk.pages == fault.page;
  if (reaches) course.reached = page.reading.offset;
  if (!course.reached || page.reading.offset < *course.reached) return;
  if (is_of_one_page(fault.kind)) {
    if (page.reading.offset != *course.reached) return;
    if (reaches && course.times < fault.times) {
      course.happened = fault.kind == Kind::cut || fault.kind == Kind::empty || change(fault, page);
      course.times += course.happened ? 1 : 0;
    }
    oddity.cut = oddity.cut || (course.happened && fault.kind == Kind::cut);
    oddity.empty = oddity.empty || (course.happened && fault.kind == Kind::empty);
    return;
  }
  if (fault.kind == Kind::growing) grow(page);
  oddity.endless = oddity.endless || fault.kind == Kind::endless;
  oddity.numbers = oddity.numbers || fault.kind == Kind::numbers;
  if (fault.kind == Kind::total) oddity.total_by += fault.by;
}

/// Fills one page, unless it begins beyond the end.
void ListFaults::grow(const Page& page) {
  std::size_t size = page.list().size();
  if (page.from > size) return;
  for (; size < page.from + page.reading.limit; ++size) add(page, end_of(page));
}

/// Whether there was something to change.
bool ListFaults::change(const ListFault& fault, const Page& page) {
  const ItemList list = page.list();
  const auto index = index_of(fault, page.from, page.reading.limit, list.size());
  if (!index) return false;
  if (fault.kind == Kind::add) {
    add(page, spot_of(page, *index));
    return true;
  }
  if (*index >= list.size()) return false;
  const Items::Number item = list.at(*index);
  if (fault.kind == Kind::remove) {
    page.items.remove(item);
  } else {
    page.items.rename(item, fmt::format("renamed {}", ++made_up_));
  }
  return true;
}

/// The spot of a further item at the end of the list that is shown.
ListFaults::Spot ListFaults::end_of(const Page& page) {
  const Listings listings = listings_of(page.reading);
  const bool in_second = listings.second && !page.items.listed(page.user, *listings.second).empty();
  return {in_second ? *listings.second : listings.first};
}

/// The spot at which a further item gets this index in the list that is shown; its end, if the list is shorter.
ListFaults::Spot ListFaults::spot_of(const Page& page, std::size_t index) {
  const ItemList shown = page.list();
  if (index >= shown.size()) return end_of(page);
  const Listings listings = listings_of(page.reading);
  for (const auto listing : {listings.second.value_or(listings.first), listings.first}) {
    const auto numbers = page.items.listed(page.user, listing);
    const auto found = std::ranges::find(numbers, shown.at(index));
    if (found != numbers.end()) return {listing, static_cast<std::size_t>(found - numbers.begin())};
  }
  return end_of(page);
}

/// Adds an item that the list shows.
void ListFaults::add(const Page& page, Spot spot) {
  const Reading& reading = page.reading;
  const bool joins = spot.listing == Listing::joined_folders;
  const std::string_view stranger = page.user == "another" ? "someone" : "another";
  const std::array<std::string_view, 1> joined = {page.user};
  const std::string members = members_for(reading);
  for (bool added = false; !added;) {
    const std::uint64_t number = ++made_up_;
    const std::string id = fmt::format("{}", first_id + number);
    const std::string name = fmt::format("{}{}added {}", reading.key_word, reading.key_word.empty() ? "" : " ", number);
    ItemView item{.id = id, .owner = joins ? stranger : page.user, .name = name, .members = members};
    if (reading.what == Reading::What::album_list) {
      item.kind = ItemKind::album;
      item.album_kind = static_cast<std::uint8_t>(reading.album_kind);
      item.album_type = static_cast<std::uint8_t>(reading.album_type);
    }
    added =
        joins ? page.items.add(item, joined, {.joined = spot.place}) : page.items.add(item, {}, {.own = spot.place});
  }
}

}  // namespace koobatch::sim
