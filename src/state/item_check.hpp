#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/state/item.hpp"
#include "koobatch/state/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the two formats have in common: the checks of a record, and the words for what is wrong with it.

namespace koobatch::state {

/// Empties an entry, keeping its memory.
void clear(Entry& entry, std::uint32_t line);

/// A foreign name for a message: unchanged if it is a plain word, otherwise quoted.
std::string printable(std::string_view name);

koodrive::Violation unknown_type(std::string_view type, const koodrive::ResourceCatalogue& kinds);
/// Knows that people may write the name under which a field is set.
koodrive::Violation unknown_member(std::string_view name, const koodrive::ResourceKind& kind);

/// What a program has done to an identifier, as the end of a sentence about it; nothing if it may be valid.
std::optional<std::string> find_distortion(std::string_view id);

/// Checks that the entry names one item, in a form that no program has distorted.
void check_identity(const Entry& entry, Role role, std::vector<koodrive::Violation>& out);

}  // namespace koobatch::state
