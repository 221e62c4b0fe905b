#include "sim/item_pages.hpp"

#include "koobatch/core/json.hpp"
#include "sim/members.hpp"
#include "sim/parameters.hpp"

#include <algorithm>
#include <array>

namespace koobatch::sim {
namespace {

constexpr std::array<std::string_view, 7> folder_members = {"containerId", "shareFolderFileId", "groupId", "creator",
                                                            "createTime",  "maxMember",         "tenantId"};
/// Those of albums that the service does not show in lists, or only in some.
constexpr std::array<std::string_view, 5> album_members = {"coverImg", "scopeDir", "scopeKind", "scopeParentFolderId",
                                                           "groupId"};

constexpr std::int64_t default_create_time = 1'762'153'300'000;
constexpr std::int64_t default_max_member = 200;

/// Whether a 64-bit integer is written exactly like this.
bool is_long(std::string_view text) {
  const auto number = parse_number<std::int64_t>(text);
  return number && fmt::format_int(*number).c_str() == text;
}

/// Adds an identifier, as a number only if it is one.
void add_id(JsonWriter& json, std::string_view name, std::string_view id, bool as_number) {
  if (as_number && is_long(id)) {
    json.raw(name, id);
  } else {
    json.add(name, id);
  }
}

/// Adds an identifier that is kept as JSON.
void add_kept_id(JsonWriter& json, std::string_view name, std::string_view kept, bool as_number) {
  const std::string_view text = id_text(kept);
  if (as_number && is_long(text)) {
    json.raw(name, text);
  } else {
    json.raw(name, fmt::format("\"{}\"", text));
  }
}

/// Adds the members that the service's pages do not name.
void add_others(JsonWriter& json, std::string_view members, std::span<const std::string_view> known) {
  while (!members.empty()) {
    const std::string_view member = take_member(members);
    const std::string_view name = member_name(member);
    if (std::ranges::find(known, name) == known.end()) json.raw(name, member_value(member));
  }
}

/// Adds a member as it is kept, or what it is by default.
template <class Default>
void add_kept(JsonWriter& json, std::string_view members, std::string_view name, const Default& otherwise) {
  if (const auto kept = find_member(members, name)) {
    json.raw(name, *kept);
  } else {
    json.add(name, otherwise);
  }
}

/// Which identifiers are numbers: that differs between the service's pages.
struct Numbers {
  bool id = false;
  bool others = false;
};

void append_folder(std::string& out, const ItemView& folder, Numbers numbers) {
  const std::string_view members = folder.members;
  JsonWriter json(out);
  add_id(json, "id", folder.id, numbers.id);
  json.add("name", folder.name.value_or(""));
  add_id(json, "ownerId", folder.owner, numbers.others);
  json.add("status", folder.status);
  add_kept(json, members, "containerId", fmt::format("c{}", folder.id));
  add_kept(json, members, "shareFolderFileId", fmt::format("f{}", folder.id));
  const auto group = find_member(members, "groupId");
  add_kept_id(json, "groupId", group.value_or(default_group), numbers.others);
  add_kept(json, members, "creator", folder.owner);
  add_kept(json, members, "createTime", default_create_time);
  add_kept(json, members, "maxMember", default_max_member);
  add_kept(json, members, "tenantId", "1");
  add_others(json, members, folder_members);
  json.end();
}

void append_album(std::string& out, const ItemView& album, Numbers numbers) {
  constexpr int manual = 2;
  JsonWriter json(out);
  add_id(json, "id", album.id, numbers.id);
  if (album.album_type == manual) {
    json.add("name", album.name.value_or(""));
    add_kept(json, album.members, "coverImg", "");
  }
  json.add("albumType", album.album_type).add("albumKind", album.album_kind);
  json.raw("scopeDir", find_member(album.members, "scopeDir").value_or("[]"));
  add_others(json, album.members, album_members);
  json.end();
}

}  // namespace

Range range_of(std::size_t size, const Reading& reading, const PageOddity& oddity) {
  Range range;
  range.from = static_cast<std::size_t>(reading.offset) - std::min<std::size_t>(oddity.back, reading.offset);
  if (oddity.endless && size > 0) {
    range.count = reading.limit;
  } else {
    range.count = std::min<std::size_t>(reading.limit, size - std::min(range.from, size));
  }
  if (oddity.cut) range.count /= 2;
  if (oddity.empty) range.count = 0;
  return range;
}

void append_page(std::string& out, const Items& items, const ItemList& list, const Reading& reading,
                 const PageOddity& oddity) {
  const bool albums = reading.what == Reading::What::album_list;
  const Range range = range_of(list.size(), reading, oddity);
  const Numbers numbers{.id = oddity.numbers, .others = oddity.numbers};
  JsonWriter json(out);
  json.key(albums ? "albumList" : "folders").push_back('[');
  for (std::size_t i = 0; i < range.count; ++i) {
    if (i > 0) out.push_back(',');
    const ItemView item = items.view(list.at((range.from + i) % list.size()));
    (albums ? append_album : append_folder)(out, item, numbers);
  }
  out.push_back(']');
  if (albums) {
    json.add("total", std::max<std::int64_t>(0, static_cast<std::int64_t>(list.size()) + oddity.total_by));
  } else {
    json.add("code", 0).add("msg", "success");
  }
  json.end();
}

void append_metadata(std::string& out, const Items& items, Items::Number number) {
  JsonWriter json(out);
  append_folder(json.key("sharefolder"), items.view(number), {.id = false, .others = true});
  json.add("code", 0).add("msg", "success").end();
}

}  // namespace koobatch::sim
