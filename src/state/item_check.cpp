#include "state/item_check.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/job/identifier_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace koobatch::state {
namespace {

std::vector<std::string_view> known_members(const koodrive::ResourceKind& kind) {
  std::vector<std::string_view> names{type_member, id_member, user_id_member, match_member};
  for (const auto& field : kind.fields) names.push_back(field.name);
  return names;
}

/// The field that an operation sets under this name; empty if there is none, or it has that name itself.
std::string_view read_name(std::string_view name, const koodrive::ResourceKind& kind) {
  for (const auto& field : kind.fields) {
    if (field.is_compared() && field.target().name == name) return field.name;
  }
  return {};
}

}  // namespace

std::optional<std::string> find_distortion(std::string_view id) {
  if (!id.empty() && job::find_edge_fault(id)) {
    return fmt::format("{} begins or ends with what does not belong to an identifier: remove it", quote(id));
  }
  return job::find_identifier_fault(id);
}

void clear(Entry& entry, std::uint32_t line) {
  entry.line = line;
  entry.item.kind = nullptr;
  entry.item.id.clear();
  entry.item.user_id.clear();
  entry.item.values.clear();
  entry.exported.clear();
  entry.match.clear();
}

std::string printable(std::string_view name) {
  constexpr std::size_t max_shown = 40;
  const bool is_word = name.size() <= max_shown && std::ranges::all_of(name, [](char c) {
                         return is_letter(c) || is_digit(c) || c == '_' || c == '-';
                       });
  return is_word ? std::string(name) : quote(name);
}

koodrive::Violation unknown_type(std::string_view type, const koodrive::ResourceCatalogue& kinds) {
  std::vector<std::string_view> names;
  for (const auto& kind : kinds.kinds()) names.push_back(kind.name);
  const auto known = fmt::format("known types are {}", fmt::join(names, ", "));
  if (type.empty()) return {std::string(type_member), "is missing; " + known};
  return {std::string(type_member), fmt::format("{} is not a type whose state is known; {}", quote(type), known)};
}

koodrive::Violation unknown_member(std::string_view name, const koodrive::ResourceKind& kind) {
  const auto known = known_members(kind);
  auto meant = read_name(name, kind);
  if (meant.empty()) meant = nearest(name, known);
  if (!meant.empty()) {
    return {printable(name), fmt::format("is not a member of {}; did you mean {}?", kind.name, meant)};
  }
  return {printable(name), fmt::format("is not a member of {}; known ones are {}", kind.name, fmt::join(known, ", "))};
}

void check_identity(const Entry& entry, Role role, std::vector<koodrive::Violation>& out) {
  const auto& item = entry.item;
  if (!item.user_id.empty()) koodrive::check_user_id(item.user_id, out);
  if (auto fault = find_distortion(item.id)) out.push_back({std::string(id_member), std::move(*fault)});
  const bool has_match = !entry.match.empty();
  const bool is_reported = std::ranges::any_of(
      out, [](const auto& violation) { return violation.field == id_member || violation.field == match_member; });
  if (item.id.empty() && role == Role::present && !is_reported) {
    out.push_back({std::string(id_member), "is missing"});
  } else if (item.id.empty() && !has_match && !is_reported) {
    out.push_back({std::string(id_member), "is missing; give it, or describe the item: \"match\":{\"name\":\"…\"}"});
  } else if (!item.id.empty() && has_match) {
    out.push_back({std::string(match_member), "cannot be combined with id; give one of them"});
  }
}

}  // namespace koobatch::state
