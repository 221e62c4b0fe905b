#include "koobatch/reading/page.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/whole_number.hpp"
#include "koobatch/state/value_reader.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace koobatch::reading {
namespace {

namespace dom = simdjson::dom;

/// More are only counted: nobody would read about them.
constexpr std::size_t max_named = 10;

std::uint64_t hash(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

/// The member at a JSON pointer, which may be null.
std::optional<dom::element> find_member(dom::element json, std::string_view pointer) {
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto name = pointer.substr(0, pointer.find('/'));
    dom::element member;
    if (json[name].get(member) != simdjson::SUCCESS) return std::nullopt;
    json = member;
    pointer.remove_prefix(name.size());
  }
  return json;
}

void add(Page& page, const koodrive::ResourceKind& kind, const dom::element& json, std::string_view user) {
  state::Item item;
  if (auto why = read_item(kind, json, user, item)) {
    const std::uint64_t whole = hash(simdjson::minify(json));
    page.marks.push_back({item.id.empty() ? whole : hash(item.id), whole});
    if (page.unreadable.size() < max_named) page.unreadable.push_back({std::move(item.id), std::move(*why)});
    ++page.unreadable_count;
    return;
  }
  page.places.push_back(page.marks.size());
  page.marks.push_back({hash(item.id), state::check_of(item)});
  page.items.push_back(std::move(item));
}

std::optional<std::string> read_total(const koodrive::ResourceList& list, const dom::element& answer, Page& page) {
  if (list.total.empty()) return std::nullopt;
  const auto value = find_value(answer, list.total);
  if (!value) return std::nullopt;
  const auto total = whole_number(*value);
  if (!total || *total < 0) {
    return fmt::format("its {} is {}, not a number of resources", list.total, quote(simdjson::minify(*value)));
  }
  page.total = static_cast<std::uint64_t>(*total);
  return std::nullopt;
}

std::optional<std::string> read_next(const koodrive::ResourceList& list, const dom::element& answer, Page& page) {
  if (list.paging != koodrive::Paging::cursor) return std::nullopt;
  const auto value = find_value(answer, list.next);
  if (!value) return std::nullopt;
  auto next = state::identifier_of(*value);
  if (!next) return fmt::format("its {} is {}, not a cursor", list.next, quote(simdjson::minify(*value)));
  page.next = std::move(*next);
  return std::nullopt;
}

}  // namespace

std::optional<dom::element> find_value(const dom::element& json, std::string_view pointer) {
  const auto value = find_member(json, pointer);
  return value && !value->is_null() ? value : std::nullopt;
}

std::optional<std::string> read_item(const koodrive::ResourceKind& kind, const dom::element& json,
                                     std::string_view user, state::Item& item) {
  item.kind = &kind;
  item.user_id = user;
  item.id.clear();
  item.values.assign(kind.fields.size(), std::nullopt);
  if (!json.is_object()) return "it is not an object";
  const auto id = find_value(json, kind.id);
  if (!id) return fmt::format("it has no {}", kind.id);
  auto text = state::identifier_of(*id);
  if (!text || text->empty()) {
    return fmt::format("its {} is {}, not an identifier", kind.id, quote(simdjson::minify(*id)));
  }
  item.id = std::move(*text);
  for (std::size_t i = 0; i < kind.fields.size(); ++i) {
    const auto value = find_value(json, kind.fields[i].at);
    if (!value) continue;
    if (const auto why = state::read_value(kind.fields[i], *value, item.values[i].emplace())) {
      return fmt::format("its {}: {}", kind.fields[i].at, *why);
    }
  }
  return std::nullopt;
}

std::optional<std::string> read_page(const koodrive::ResourceKind& kind, const koodrive::ResourceList& list,
                                     std::string_view user, std::string_view body, Page& page) {
  page = {};
  // One for each page: what a parser holds for a large one would otherwise be held for every walk.
  dom::parser parser;
  dom::element answer;
  if (const auto error = parser.parse(body.data(), body.size()).get(answer); error != simdjson::SUCCESS) {
    return fmt::format("it is not JSON ({})", simdjson::error_message(error));
  }
  // An empty list may be null, but not left out: that is another answer.
  if (!find_member(answer, list.items)) return fmt::format("it has no {}", list.items);
  if (const auto items = find_value(answer, list.items)) {
    dom::array array;
    if (items->get(array) != simdjson::SUCCESS) return fmt::format("its {} is not an array", list.items);
    for (const dom::element json : array) add(page, kind, json, user);
  }
  if (auto why = read_total(list, answer, page)) return why;
  return read_next(list, answer, page);
}

}  // namespace koobatch::reading
