#include "sim/state.hpp"

#include "koobatch/core/json.hpp"
#include "sim/members.hpp"

#include <xxhash.h>

#include <array>

namespace koobatch::sim {

std::uint64_t hash_key(std::string_view key) {
  return XXH3_64bits(key.data(), key.size());
}

State::Entry& State::entry(std::uint64_t hash, std::string_view key) {
  const auto [found, fresh] = index_.try_emplace(hash, static_cast<std::uint32_t>(entries_.size()));
  std::uint32_t last = none;
  for (std::uint32_t i = fresh ? none : found->second; i != none; i = entries_[i].next) {
    if (entries_[i].key() == key) return entries_[i];
    last = i;
  }
  if (last != none) entries_[last].next = static_cast<std::uint32_t>(entries_.size());
  Entry& made = entries_.emplace_back();
  made.text = key;
  made.key_size = static_cast<std::uint32_t>(key.size());
  return made;
}

void State::apply(std::uint64_t hash, std::string_view key, const koodrive::Fields& fields) {
  Entry& e = entry(hash, key);
  std::array<bool, koodrive::max_fields> done{};
  const auto set = [&](std::size_t i) {
    append_member(scratch_, fields.row->fields[i].name, [&] { koodrive::append_field(scratch_, fields, i); });
    done[i] = true;
  };
  const auto sets = [&](std::size_t i) {
    return i != fields.row->key_field && fields.values[i].present &&
           fields.row->fields[i].place == koodrive::FieldPlace::body;
  };

  scratch_.assign(e.key());
  for (std::string_view members = e.members(); !members.empty();) {
    const std::string_view member = take_member(members);
    std::size_t i = 0;
    while (i < fields.row->fields.size() && !(sets(i) && fields.row->fields[i].name == member_name(member))) ++i;
    if (i < fields.row->fields.size()) {
      set(i);
    } else {
      scratch_.append(member.data() - member_head, member.size() + member_head);
    }
  }
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if (sets(i) && !done[i]) set(i);
  }
  e.text = scratch_;
}

bool State::add(std::string_view key, std::string_view members) {
  const std::size_t before = size();
  Entry& e = entry(hash_key(key), key);
  if (size() == before) return false;
  e.text.append(members);
  return true;
}

std::size_t State::dump(std::size_t from, std::size_t limit, std::string& out) const {
  const std::size_t until = out.size() + limit;
  for (; from < entries_.size() && out.size() < until; ++from) {
    const Entry& e = entries_[from];
    out.append("{\"key\":");
    append_json_string(out, e.key());
    for (std::string_view members = e.members(); !members.empty();) {
      out.push_back(',');
      out.append(take_member(members));
    }
    out.append("}\n");
  }
  return from;
}

}  // namespace koobatch::sim
