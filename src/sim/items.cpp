#include "sim/items.hpp"

#include "koobatch/core/json.hpp"
#include "sim/members.hpp"
#include "sim/state.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace koobatch::sim {
namespace {

constexpr unsigned listing_bits = 3;

constexpr std::uint64_t list_key(std::uint32_t user, Listing listing) {
  return (std::uint64_t{user} << listing_bits) | static_cast<std::uint64_t>(listing);
}

/// The fields that the service shows under another name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> shown_names = {
    {{"fileName", "name"}, {"scopeDirList", "scopeDir"}, {"coverImageUrl", "coverImg"}}};

std::uint64_t hash_name(std::uint32_t owner, std::string_view name) {
  return XXH3_64bits_withSeed(name.data(), name.size(), owner);
}

/// Whether the field sets a member of the item that is kept as JSON.
bool sets_member(const koodrive::Fields& fields, std::size_t i) {
  const koodrive::FieldRow& field = fields.row->fields[i];
  return i != fields.row->key_field && fields.values[i].present && field.place == koodrive::FieldPlace::body &&
         !field.selects && shown_name(field.name) != "name";
}

}  // namespace

std::string_view to_string(ItemKind kind) {
  return kind == ItemKind::shared_folder ? "shared_folder" : "album";
}

std::string_view key_prefix(ItemKind kind) {
  return kind == ItemKind::shared_folder ? "folder:" : "album:";
}

std::string_view shown_name(std::string_view field) {
  const auto found = std::ranges::find(shown_names, field, &std::pair<std::string_view, std::string_view>::first);
  return found == shown_names.end() ? field : found->second;
}

std::optional<std::string_view> wanted_name(const koodrive::Fields& fields) {
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const koodrive::FieldRow& field = fields.row->fields[i];
    if (fields.values[i].present && field.type == koodrive::FieldType::text && shown_name(field.name) == "name") {
      return fields.values[i].text;
    }
  }
  return std::nullopt;
}

std::uint32_t Items::user_number(std::string_view user) {
  if (const auto found = user_numbers_.find(user); found != user_numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(users_.size());
  user_numbers_.emplace(users_.emplace_back(user), number);
  return number;
}

Listing Items::listing_of(const Entry& entry, bool owned) {
  if (entry.kind == ItemKind::album) return album_listing(entry.album_kind, entry.album_type);
  return owned ? Listing::created_folders : Listing::joined_folders;
}

std::vector<Items::Number>& Items::list(std::uint32_t user, Listing listing) {
  return lists_[list_key(user, listing)];
}

void Items::insert(std::uint32_t user, Listing listing, std::size_t place, Number number) {
  auto& numbers = list(user, listing);
  numbers.insert(numbers.begin() + static_cast<std::ptrdiff_t>(std::min(place, numbers.size())), number);
}

bool Items::add(const ItemView& item, std::span<const std::string_view> joined, Places places) {
  assert(item.album_kind >= 1 && item.album_kind <= 2 && item.album_type >= 1 && item.album_type <= 2);
  scratch_.assign(key_prefix(item.kind)).append(item.id);
  const auto number = static_cast<Number>(entries_.size());
  const auto [found, fresh] = index_.try_emplace(hash_key(scratch_), number);
  if (!fresh) {
    Number last = found->second;
    for (Number i = last; i != none; i = entries_[i].next) {
      if (entries_[i].key() == scratch_) return false;
      last = i;
    }
    entries_[last].next = number;
  }
  Entry& entry = entries_.emplace_back();
  entry.text = scratch_;
  entry.key_size = static_cast<std::uint16_t>(scratch_.size());
  entry.owner = user_number(item.owner);
  entry.kind = item.kind;
  entry.status = item.status;
  entry.album_kind = item.album_kind;
  entry.album_type = item.album_type;
  set(entry, item.name, item.members);
  ++count_;
  if (!joined.empty()) {
    auto& numbers = joined_[number];
    for (const std::string_view user : joined) numbers.push_back(user_number(user));
  }
  if (entry.status != 0) return true;
  insert(entry.owner, listing_of(entry, true), places.own, number);
  for (const std::string_view user : joined) {
    insert(user_number(user), listing_of(entry, false), places.joined, number);
  }
  return true;
}

std::optional<Items::Number> Items::find(std::uint64_t hash, std::string_view key) const {
  const auto found = index_.find(hash);
  for (Number i = found == index_.end() ? none : found->second; i != none; i = entries_[i].next) {
    if (entries_[i].key() == key) return entries_[i].exists ? std::optional(i) : std::nullopt;
  }
  return std::nullopt;
}

ItemView Items::view(Number number) const {
  const Entry& entry = entries_[number];
  ItemView view{.kind = entry.kind,
                .id = entry.key().substr(key_prefix(entry.kind).size()),
                .owner = users_[entry.owner],
                .name = {},
                .status = entry.status,
                .album_kind = entry.album_kind,
                .album_type = entry.album_type,
                .members = entry.members()};
  if (entry.name_size != none) view.name = entry.name();
  return view;
}

std::vector<std::string_view> Items::joined(Number number) const {
  std::vector<std::string_view> users;
  if (const auto found = joined_.find(number); found != joined_.end()) {
    for (const std::uint32_t user : found->second) users.emplace_back(users_[user]);
  }
  return users;
}

std::span<const Items::Number> Items::listed(std::string_view user, Listing listing) const {
  const auto known = user_numbers_.find(user);
  if (known == user_numbers_.end()) return {};
  const auto found = lists_.find(list_key(known->second, listing));
  if (found == lists_.end()) return {};
  return found->second;
}

/// `members` must not point into the entry.
void Items::set(Entry& entry, std::optional<std::string_view> name, std::string_view members) {
  count_name(entry, -1);
  entry.text.resize(entry.key_size);
  entry.name_size = name ? static_cast<std::uint32_t>(name->size()) : none;
  entry.text.reserve(entry.key_size + entry.name_bytes() + members.size());
  entry.text.append(name.value_or("")).append(members);
  count_name(entry, 1);
  ++changes_;
}

void Items::count_name(const Entry& entry, std::int32_t by) {
  if (!counts_names_ || entry.kind != ItemKind::shared_folder || entry.status != 0 || entry.name_size == none) return;
  const auto found = names_.try_emplace(hash_name(entry.owner, entry.name())).first;
  found->second += by;
  if (found->second == 0) names_.erase(found);
}

void Items::count_names() {
  assert(!counts_names_);
  counts_names_ = true;
  for (const Entry& entry : entries_) {
    if (entry.exists) count_name(entry, 1);
  }
}

bool Items::has_folder(std::string_view owner, std::string_view name) const {
  assert(counts_names_);
  const auto user = user_numbers_.find(owner);
  return user != user_numbers_.end() && names_.contains(hash_name(user->second, name));
}

void Items::apply(Number number, const koodrive::Fields& fields, std::optional<std::string_view> name) {
  Entry& entry = entries_[number];
  const auto& rows = fields.row->fields;
  const auto set_by = [&](std::string_view member) {
    std::size_t i = 0;
    while (i < rows.size() && !(sets_member(fields, i) && shown_name(rows[i].name) == member)) ++i;
    return i;
  };
  members_.clear();
  for (std::string_view members = entry.members(); !members.empty();) {
    const std::string_view member = take_member(members);
    if (set_by(member_name(member)) < rows.size()) continue;
    members_.append(member.data() - member_head, member.size() + member_head);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!sets_member(fields, i)) continue;
    append_member(members_, shown_name(rows[i].name), [&] { koodrive::append_field(members_, fields, i); });
  }
  const std::optional<std::string> kept(view(number).name);
  set(entry, name ? name : std::optional<std::string_view>(kept), members_);
}

void Items::rename(Number number, std::string_view name) {
  members_.assign(entries_[number].members());
  set(entries_[number], name, members_);
}

void Items::remove(Number number) {
  Entry& entry = entries_[number];
  if (!std::exchange(entry.exists, false)) return;
  --count_;
  ++changes_;
  count_name(entry, -1);
  if (entry.status != 0) return;
  std::erase(list(entry.owner, listing_of(entry, true)), number);
  if (const auto found = joined_.find(number); found != joined_.end()) {
    for (const std::uint32_t user : found->second) std::erase(list(user, listing_of(entry, false)), number);
  }
}

std::size_t Items::dump(std::size_t from, std::size_t end, std::size_t limit, std::string& out) const {
  const std::size_t until = out.size() + limit;
  for (; from < end && out.size() < until; ++from) {
    if (!entries_[from].exists) continue;
    const auto number = static_cast<Number>(from);
    const ItemView item = view(number);
    JsonWriter json(out);
    json.add("key", entries_[from].key()).add("type", to_string(item.kind)).add("id", item.id);
    json.add("user_id", item.owner);
    if (const auto users = joined(number); !users.empty()) {
      auto& value = json.key("joined");
      for (std::size_t i = 0; i < users.size(); ++i) {
        value.push_back(i == 0 ? '[' : ',');
        append_json_string(value, users[i]);
      }
      value.push_back(']');
    }
    if (item.name) json.add("name", *item.name);
    if (item.status != 0) json.add("status", item.status);
    if (item.kind == ItemKind::album) json.add("albumKind", item.album_kind).add("albumType", item.album_type);
    for (std::string_view members = item.members; !members.empty();) {
      const std::string_view member = take_member(members);
      json.raw(member_name(member), member_value(member));
    }
    json.end();
    out.push_back('\n');
  }
  return from;
}

}  // namespace koobatch::sim
