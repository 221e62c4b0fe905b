#include "plan/scope.hpp"

#include "koobatch/core/unicode_text.hpp"

#include <xxhash.h>

#include <algorithm>

namespace koobatch::plan {

std::optional<std::size_t> unique_field(const koodrive::ResourceKind& kind) {
  const auto found = std::ranges::find_if(kind.fields, [](const auto& field) { return field.is_unique(); });
  if (found == kind.fields.end() || found->type != koodrive::FieldType::text) return std::nullopt;
  return static_cast<std::size_t>(found - kind.fields.begin());
}

std::string_view name_of(const state::Item& item, std::size_t field) {
  const auto& value = item.values[field];
  return value ? std::string_view(std::get<std::string>(*value)) : std::string_view();
}

std::string scope_of(const state::Item& item, std::size_t field) {
  auto scope = state::scope_text(item.values[item.kind->fields[field].scope]);
  return scope.empty() ? "user " + item.user_id : "in " + scope;
}

std::uint64_t name_key(const koodrive::ResourceKind& kind, std::string_view scope, std::string_view name) {
  std::string bytes(kind.name);
  bytes.append(1, '\0').append(scope).append(1, '\0').append(case_folded(name));
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace koobatch::plan
