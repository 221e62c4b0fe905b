#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/item.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::plan {

/// The field whose values are unique in a scope, a text; nothing if the kind has none.
std::optional<std::size_t> unique_field(const koodrive::ResourceKind& kind);

/// The value of a text field; empty if it is absent.
std::string_view name_of(const state::Item& item, std::size_t field);

/// The scope of the item: two items with the same one must not have the same name. Without what the service shows for
/// that, such as the owner, it is the user.
std::string scope_of(const state::Item& item, std::size_t field);

/// Equal for names of a scope that differ in case or Unicode form alone, and hardly ever for others.
std::uint64_t name_key(const koodrive::ResourceKind& kind, std::string_view scope, std::string_view name);

}  // namespace koobatch::plan
