#include "sim/item_lists.hpp"

#include "koobatch/core/json.hpp"
#include "sim/members.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace koobatch::sim {
namespace {

/// With more numbers than this (16 MiB), all lists that are kept are given up.
constexpr std::size_t most_kept = std::size_t{4} << 20U;

/// Whether a list shows only those items that have something.
bool is_filtered(const Reading& reading) {
  return !reading.key_word.empty() || !reading.group_id.empty();
}

/// A group as id_text() gives it.
std::string group_text(const Reading& reading) {
  std::string json;
  append_json_string(json, reading.group_id);
  return std::string(id_text(json));
}

bool fits(const ItemView& item, const Reading& reading, std::string_view group) {
  if (reading.what == Reading::What::folder_list) {
    return item.name.value_or("").find(reading.key_word) != std::string_view::npos;
  }
  const auto own = find_member(item.members, "groupId");
  return group == (own ? id_text(*own) : default_group);
}

}  // namespace

std::string_view id_text(std::string_view json) {
  return json.starts_with('"') ? json.substr(1, json.size() - 2) : json;
}

Listings listings_of(const Reading& reading) {
  if (reading.what == Reading::What::album_list) return {album_listing(reading.album_kind, reading.album_type)};
  switch (reading.whose) {
    case Reading::Whose::created:
      return {Listing::created_folders};
    case Reading::Whose::joined:
      return {Listing::joined_folders};
    case Reading::Whose::all:
      break;
  }
  return {Listing::created_folders, Listing::joined_folders};
}

std::uint64_t hash_list(std::string_view user, const Reading& reading) {
  const Listings listings = listings_of(reading);
  // A user has no blanks, and only one of the last two is not empty.
  const std::string text = fmt::format("{} {} {} {}{}", user, static_cast<int>(listings.first),
                                       listings.second.has_value(), reading.group_id, reading.key_word);
  return XXH3_64bits(text.data(), text.size());
}

ItemList ItemLists::of(const Items& items, std::string_view user, const Reading& reading) {
  const Listings listings = listings_of(reading);
  const ItemList all(items.listed(user, listings.first),
                     listings.second ? items.listed(user, *listings.second) : std::span<const Items::Number>());
  if (!is_filtered(reading)) return all;
  if (kept_ > most_kept) {
    chosen_.clear();
    kept_ = 0;
  }
  const auto [found, fresh] = chosen_.try_emplace(hash_list(user, reading));
  Chosen& chosen = found->second;
  if (fresh || chosen.changes != items.changes()) {
    ++searches_;
    kept_ -= chosen.numbers.size();
    chosen.changes = items.changes();
    chosen.numbers.clear();
    const std::string group = group_text(reading);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (fits(items.view(all.at(i)), reading, group)) chosen.numbers.push_back(all.at(i));
    }
    kept_ += chosen.numbers.size();
  }
  return {chosen.numbers, {}};
}

}  // namespace koobatch::sim
