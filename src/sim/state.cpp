#include "sim/state.hpp"

#include "koobatch/core/json.hpp"

#include <xxhash.h>

#include <array>
#include <cstring>

namespace koobatch::sim {
namespace {

/// Appends a member in the format of State: four bytes of length, then `"name":value`.
template <class AppendValue>
void append_member(std::string& out, std::string_view name, AppendValue append_value) {
  const std::size_t start = out.size();
  out.append(sizeof(std::uint32_t), '\0');
  out.push_back('"');
  out.append(name);
  out.append("\":", 2);
  append_value();
  const auto size = static_cast<std::uint32_t>(out.size() - start - sizeof(std::uint32_t));
  std::memcpy(out.data() + start, &size, sizeof size);
}

/// Removes the first member from `members` and returns it without its length.
std::string_view take_member(std::string_view& members) {
  std::uint32_t size = 0;
  std::memcpy(&size, members.data(), sizeof size);
  const std::string_view member = members.substr(sizeof size, size);
  members.remove_prefix(sizeof size + size);
  return member;
}

std::string_view name_of(std::string_view member) {
  return member.substr(1, member.find('"', 1) - 1);
}

}  // namespace

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
    while (i < fields.row->fields.size() && !(sets(i) && fields.row->fields[i].name == name_of(member))) ++i;
    if (i < fields.row->fields.size()) {
      set(i);
    } else {
      scratch_.append(member.data() - sizeof(std::uint32_t), member.size() + sizeof(std::uint32_t));
    }
  }
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if (sets(i) && !done[i]) set(i);
  }
  e.text = scratch_;
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
