#include "koobatch/plan/matches.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::plan {
namespace {

using state::Values;

/// What an item that has this value is found by. Lists that are the same may be written differently, so they are not
/// part of it.
std::string key_of(const state::Item& item, std::string_view user, std::size_t field, const state::Value& value) {
  std::string key(item.kind->name);
  key.append(1, '\0').append(user).append(1, '\0').append(std::to_string(field)).append(1, '\0');
  if (!std::holds_alternative<std::vector<std::string>>(value)) append_json(key, value);
  return key;
}

/// The first value of those; as many as there are if there is none.
std::size_t first_of(const Values& values) {
  return static_cast<std::size_t>(std::ranges::find_if(values, [](const auto& value) { return value.has_value(); }) -
                                  values.begin());
}

/// Whether the item has all these values.
bool has_all(const state::Item& item, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] && (!item.values[i] || !is_same(*values[i], *item.values[i]))) return false;
  }
  return true;
}

/// The values that are compared.
Values compared(const state::Item& item) {
  Values values = item.values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!item.kind->fields[i].is_compared()) values[i].reset();
  }
  return values;
}

}  // namespace

void Matches::Candidates::add(const std::string& id) {
  if (std::ranges::find(ids, id) != ids.end()) return;
  if (count++ < max_candidates) ids.push_back(id);
}

void Matches::add(state::Entry entry) {
  assert(!entry.match.empty());
  const auto number = wanted_.size();
  const auto& item = entry.item;
  const auto note = [&](Index& index, const Values& values) {
    const auto first = first_of(values);
    if (first < values.size()) index[key_of(item, item.user_id, first, *values[first])].push_back(number);
  };
  note(by_match_, entry.match);
  note(by_wish_, compared(item));
  wanted_.push_back({std::move(entry), {}, {}});
}

void Matches::see(const state::Item& item) {
  if (wanted_.empty()) return;
  const auto look_up = [&](const Index& index, const std::string& key, auto visit) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    for (const auto number : found->second) visit(wanted_[number]);
  };
  for (std::size_t i = 0; i < item.values.size(); ++i) {
    if (!item.values[i]) continue;
    // Entries may leave open whose item it is.
    for (const std::string_view user : {std::string_view(item.user_id), std::string_view()}) {
      const auto key = key_of(item, user, i, *item.values[i]);
      look_up(by_match_, key, [&](Wanted& wanted) {
        if (has_all(item, wanted.entry.match)) wanted.like_match.add(item.id);
      });
      look_up(by_wish_, key, [&](Wanted& wanted) {
        if (has_all(item, compared(wanted.entry.item))) wanted.as_desired.add(item.id);
      });
      if (item.user_id.empty()) break;
    }
  }
}

std::vector<Matches::Match> Matches::finish() {
  std::vector<Match> matches;
  matches.reserve(wanted_.size());
  for (auto& [entry, like_match, as_desired] : wanted_) {
    Match match{std::move(entry)};
    if (like_match.count > 1) {
      match.outcome = Outcome::ambiguous;
      match.candidates = std::move(like_match.ids);
    } else if (like_match.count == 1) {
      match.outcome = Outcome::found;
      match.entry.item.id = like_match.ids.front();
    } else if (as_desired.count == 1) {
      match.outcome = Outcome::already;
      match.entry.item.id = as_desired.ids.front();
    }
    matches.push_back(std::move(match));
  }
  return matches;
}

}  // namespace koobatch::plan
