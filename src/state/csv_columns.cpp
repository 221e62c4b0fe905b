#include "state/csv_columns.hpp"

#include "state/csv_cells.hpp"
#include "state/item_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::state {
namespace {

/// Whether any kind has this field; `settable`: one that can be changed.
bool is_known(std::string_view name, const koodrive::ResourceCatalogue& kinds, bool settable) {
  return std::ranges::any_of(kinds.kinds(), [&](const koodrive::ResourceKind& kind) {
    const auto index = kind.find(name);
    return index < kind.fields.size() && (!settable || kind.fields[index].is_compared());
  });
}

}  // namespace

std::string CsvColumns::read(const std::vector<std::string_view>& names, const koodrive::ResourceCatalogue& kinds,
                             Role role) {
  size_ = names.size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto fault = read_name(i, names[i], kinds); !fault.empty()) return fault;
  }
  return find_missing(role);
}

std::string CsvColumns::read_name(std::size_t column, std::string_view name, const koodrive::ResourceCatalogue& kinds) {
  for (const auto& [known, place] : {std::pair(type_member, &type_), std::pair(user_id_member, &user_),
                                     std::pair(id_member, &id_), std::pair(check_column, &check_)}) {
    if (name != known) continue;
    if (*place != none) return fmt::format("there are two columns named {}", name);
    *place = column;
    return {};
  }
  const bool is_wish = name.starts_with(new_prefix) && is_known(name.substr(new_prefix.size()), kinds, true);
  if (is_wish) name.remove_prefix(new_prefix.size());
  if (!is_wish && name.starts_with(new_prefix)) {
    return fmt::format("column {} names nothing that can be changed", printable(name));
  }
  // Columns with other names are for people.
  if (!is_wish && !is_known(name, kinds, false)) return {};
  const bool is_double =
      std::ranges::any_of(fields_, [&](const Field& field) { return field.name == name && field.is_wish == is_wish; });
  if (is_double) return fmt::format("there are two columns named {}{}", is_wish ? new_prefix : "", name);
  fields_.push_back({column, std::string(name), is_wish});
  return {};
}

std::string CsvColumns::find_missing(Role role) const {
  if (type_ == none) return "there is no column type: the header is that of an exported state";
  if (id_ == none) return "there is no column id: the header is that of an exported state";
  if (role == Role::desired && std::ranges::none_of(fields_, &Field::is_wish)) {
    return "there is no column such as new_name, so nothing would change; put the desired values there";
  }
  if (check_ != none && user_ == none) {
    return "the column user_id was removed, and rows can no longer be checked; put it back";
  }
  return {};
}

std::string_view CsvColumns::find_removed(const koodrive::ResourceKind& kind) const {
  for (std::size_t i = 0; i < kind.fields.size(); ++i) {
    const auto is_column = [&](const Field& field) { return field.name == kind.fields[i].name && !field.is_wish; };
    if (is_checked(kind, i) && std::ranges::none_of(fields_, is_column)) return kind.fields[i].name;
  }
  return {};
}

}  // namespace koobatch::state
