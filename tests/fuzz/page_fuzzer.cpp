// Any bytes as what the service answers to a request for a page of a list; after a first byte that chooses the list.
#include "oracle.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/reading/notes.hpp"
#include "koobatch/reading/page.hpp"
#include "koobatch/state/item_parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace koobatch;
using namespace koobatch::reading;
using fuzz::must;

struct List {
  const koodrive::ResourceKind* kind;
  const koodrive::ResourceList* list;
};

const std::vector<List>& lists() {
  static const std::vector<List> all = [] {
    std::vector<List> found;
    for (const auto& kind : koodrive::service_resources().kinds()) {
      for (const auto& list : kind.lists) found.push_back({&kind, &list});
    }
    return found;
  }();
  return all;
}

void check_page(const Page& page, const koodrive::ResourceKind& kind) {
  must(page.places.size() == page.items.size(), "each item has its place");
  must(page.items.size() + page.unreadable_count == page.size(), "each resource is read, or is not");
  must(page.unreadable.size() <= page.unreadable_count, "the first few are kept");
  must(std::ranges::adjacent_find(page.places, std::greater_equal<>()) == page.places.end() &&
           (page.places.empty() || page.places.back() < page.size()),
       "items stand in the page's order");
  for (const auto& item : page.items) {
    must(item.kind == &kind && !item.id.empty() && item.user_id == "42", "an item is identified");
    must(item.values.size() == kind.fields.size(), "an item has its kind's fields");
  }
}

/// A walk's note tells all items, so that they can be collected from a report.
void check_note(const Page& page) {
  std::vector<std::size_t> all(page.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const WalkEnd end{.pages = 1, .items = page.size(), .unreadable = page.unreadable_count, .is_confirmed = true};
  const auto text = "{" + page_note(page, all, WalkBegin{}, end) + "}";
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  must(parser.parse(text).get(object) == simdjson::SUCCESS, "a note is JSON");
  must(text.find('\n') == std::string::npos, "a note is part of a line");
  const auto note = read_note(object);
  must(note && note->begins && note->end && note->end->items == page.size(), "a note is read as it was written");
  must(note->items.size() == page.items.size(), "a note has all items");
  state::ItemParser items(koodrive::service_resources());
  for (std::size_t i = 0; i < note->items.size(); ++i) {
    state::Item item;
    must(items.parse(note->items[i], item), "an item of a note is readable");
    must(item.id == page.items[i].id && item.values == page.items[i].values, "an item of a note is the same");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& [kind, list] = lists()[data[0] % lists().size()];
  const auto body = fuzz::text_of(data + 1, size - 1);
  Page page;
  if (const auto why = read_page(*kind, *list, "42", body, page)) {
    must(!why->empty() && harmless(*why) == *why, "what is wrong is harmless to a terminal");
    return 0;
  }
  check_page(page, *kind);
  check_note(page);
  return 0;
}
