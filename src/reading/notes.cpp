#include "koobatch/reading/notes.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/state/item.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::reading {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view note_member = "walk";

std::string as_note(std::string_view object) {
  std::string note;
  append_json_string(note, note_member);
  return note.append(":").append(object);
}

void append_items(std::string& out, const Page& page, std::span<const std::size_t> fresh) {
  out.push_back('[');
  auto place = fresh.begin();
  bool is_first = true;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    while (place != fresh.end() && *place < page.places[i]) ++place;
    if (place == fresh.end() || *place != page.places[i]) continue;
    if (!std::exchange(is_first, false)) out.push_back(',');
    state::append_item(out, page.items[i]);
  }
  out.push_back(']');
}

void append_unreadable(std::string& out, const Page& page) {
  out.push_back('[');
  for (const auto& item : page.unreadable) {
    if (out.back() != '[') out.push_back(',');
    JsonWriter json(out);
    if (!item.id.empty()) json.add("id", item.id);
    json.add("why", item.why).end();
  }
  out.push_back(']');
}

void append_end(std::string& out, const WalkEnd& end) {
  JsonWriter json(out);
  json.add("pages", end.pages).add("items", end.items).add("unreadable", end.unreadable);
  json.add("anew", end.begun_anew).add("confirmed", end.is_confirmed);
  if (end.was_cut_early) json.add("cut_early", true);
  if (!end.instability.empty()) json.add("unstable", end.instability);
  json.end();
}

std::string text_of(const dom::element& object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::uint64_t number_of(const dom::element& object, std::string_view name) {
  std::uint64_t number = 0;
  return object[name].get(number) == simdjson::SUCCESS ? number : 0;
}

bool is_set(const dom::element& object, std::string_view name) {
  bool value = false;
  return object[name].get(value) == simdjson::SUCCESS && value;
}

WalkEnd end_of(const dom::element& json) {
  WalkEnd end;
  end.pages = number_of(json, "pages");
  end.items = number_of(json, "items");
  end.unreadable = number_of(json, "unreadable");
  end.begun_anew = static_cast<unsigned>(number_of(json, "anew"));
  end.is_confirmed = is_set(json, "confirmed");
  end.was_cut_early = is_set(json, "cut_early");
  end.instability = text_of(json, "unstable");
  return end;
}

}  // namespace

std::string page_note(const Page& page, std::span<const std::size_t> fresh, const std::optional<WalkBegin>& begin,
                      const std::optional<WalkEnd>& end) {
  std::string object;
  JsonWriter json(object);
  if (begin) json.add("begins", true);
  if (begin && !begin->why.empty()) json.add("why", begin->why);
  append_items(json.key("items"), page, fresh);
  if (page.unreadable_count > 0) append_unreadable(json.key("unreadable"), page);
  if (end) append_end(json.key("end"), *end);
  json.end();
  return as_note(object);
}

std::optional<WalkNote> read_note(const dom::element& object) {
  dom::element walk;
  if (object[note_member].get(walk) != simdjson::SUCCESS || !walk.is_object()) return std::nullopt;
  WalkNote note;
  note.begins = is_set(walk, "begins");
  if (dom::array items; walk["items"].get(items) == simdjson::SUCCESS) {
    for (const dom::element item : items) note.items.push_back(simdjson::minify(item));
  }
  if (dom::array unreadable; walk["unreadable"].get(unreadable) == simdjson::SUCCESS) {
    for (const dom::element item : unreadable) note.unreadable.push_back({text_of(item, "id"), text_of(item, "why")});
  }
  if (dom::element end; walk["end"].get(end) == simdjson::SUCCESS && end.is_object()) note.end = end_of(end);
  return note;
}

}  // namespace koobatch::reading
