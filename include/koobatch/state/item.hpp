#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/value.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::state {

/// The members of an item besides those of its kind.
inline constexpr std::string_view type_member = "type";
inline constexpr std::string_view id_member = "id";
inline constexpr std::string_view user_id_member = "user_id";
inline constexpr std::string_view match_member = "match";

/// A resource: as it is, or as it should be. It is identified by kind and identifier.
struct Item {
  const koodrive::ResourceKind* kind = nullptr;
  std::string id;       ///< empty: it must be found by what it is, see Entry::match
  std::string user_id;  ///< whose view of it this is; empty: not named
  Values values;        ///< as many as the kind has fields
};

/// An item as a record of a file has it.
struct Entry {
  std::uint32_t line = 0;  ///< the physical line on which the record starts
  Item item;
  /// As the item was when the record was exported, for those that know: otherwise empty.
  Values exported;
  /// What identifies the item, among those of its user, if it has no `id`: otherwise empty.
  Values match;
};

/// The value that scopes of names are compared by: the text, or the digits of a number; empty if it is absent. It is
/// the same for "42" and 42.
std::string scope_text(const std::optional<Value>& value);

/// Appends an item as a line of a file, without a line end. Absent values are left out.
void append_item(std::string& out, const Item& item);

/// Whether it matters if a spreadsheet changes this field of an exported row: it is compared, or names are unique in
/// it.
bool is_checked(const koodrive::ResourceKind& kind, std::size_t field);

/// What a spreadsheet's row is checked by: XXH3-64 of what identifies the item, and of the fields that are checked. An
/// empty value counts as absent.
std::uint64_t check_of(const Item& item);

}  // namespace koobatch::state
