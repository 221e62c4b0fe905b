#include "koobatch/koodrive/resource_catalogue.hpp"

#include <algorithm>
#include <cassert>
#include <set>
#include <string>
#include <utility>

namespace koobatch::koodrive {
namespace {

/// An operation and one of its fields; without operation if there is no such field.
struct Target {
  const OperationRow* operation = nullptr;
  std::uint8_t field = 0;
};

Target find_target(std::string_view set_by, const OperationCatalogue& operations) {
  const auto dot = set_by.find('.');
  if (dot == std::string_view::npos) return {};
  const auto* const row = operations.find(set_by.substr(0, dot));
  if (row == nullptr) return {};
  const auto field = std::ranges::find(row->fields, set_by.substr(dot + 1), &FieldRow::name);
  if (field == row->fields.end()) return {};
  return {row, static_cast<std::uint8_t>(field - row->fields.begin())};
}

bool is_settable(const Target& target) {
  if (target.operation == nullptr) return false;
  const auto& row = *target.operation;
  return target.field != row.key_field && row.key_rest.empty() && row.fields[target.field].place == FieldPlace::body;
}

std::uint8_t find_scope(const ResourceKind& kind, std::string_view pointer) {
  const auto field = std::ranges::find(kind.fields, pointer, &ResourceField::at);
  if (pointer.empty() || field == kind.fields.end()) return ResourceField::no_scope;
  return static_cast<std::uint8_t>(field - kind.fields.begin());
}

std::vector<ResourceField> resolved(const ResourceKind& kind, const OperationCatalogue& operations) {
  std::vector<ResourceField> fields(kind.fields.begin(), kind.fields.end());
  for (auto& field : fields) {
    const auto target = find_target(field.set_by, operations);
    field.operation = target.operation;
    field.operation_field = target.field;
    if (field.is_compared()) field.type = field.target().type;
    field.scope = find_scope(kind, field.unique_in);
  }
  return fields;
}

constexpr ResourceField shared_folder_fields[] = {
    {.name = "name", .at = "/name", .set_by = "rename_shared_folder.fileName", .unique_in = "/ownerId"},
    {.name = "ownerId", .at = "/ownerId"},
    {.name = "creator", .at = "/creator"},
    {.name = "createTime", .at = "/createTime"},
    {.name = "status", .at = "/status"},
};

// Whether lists of albums show the scope is not documented. What they do not show cannot be planned.
constexpr ResourceField album_fields[] = {
    {.name = "name", .at = "/name", .set_by = "update_album.name"},
    {.name = "scopeParentFolderId", .at = "/scopeParentFolderId", .set_by = "update_album.scopeParentFolderId"},
    {.name = "scopeDir", .at = "/scopeDir", .set_by = "update_album.scopeDirList"},
    {.name = "scopeKind", .at = "/scopeKind", .set_by = "update_album.scopeKind"},
    {.name = "albumKind", .at = "/albumKind"},
    {.name = "albumType", .at = "/albumType"},
    {.name = "coverImg", .at = "/coverImg"},
};

}  // namespace

std::size_t ResourceKind::find(std::string_view field) const {
  return static_cast<std::size_t>(std::ranges::find(fields, field, &ResourceField::name) - fields.begin());
}

ResourceCatalogue::ResourceCatalogue(std::vector<ResourceKind> kinds, const OperationCatalogue& operations,
                                     std::shared_ptr<const void> texts)
    : kinds_(std::move(kinds)), texts_(std::move(texts)) {
  fields_.reserve(kinds_.size());
  for (auto& kind : kinds_) {
    assert(is_sound(kind, operations));
    kind.fields = fields_.emplace_back(resolved(kind, operations));
  }
}

const ResourceKind* ResourceCatalogue::find(std::string_view name) const {
  const auto kind = std::ranges::find(kinds_, name, &ResourceKind::name);
  return kind == kinds_.end() ? nullptr : &*kind;
}

bool is_sound(const ResourceKind& kind, const OperationCatalogue& operations) {
  std::set<std::string_view> names;
  std::set<std::string_view> targets;
  for (const auto& field : kind.fields) {
    if (!names.insert(field.name).second) return false;
    if (!field.unique_in.empty() && find_scope(kind, field.unique_in) == ResourceField::no_scope) return false;
    if (field.set_by.empty()) continue;
    if (!is_settable(find_target(field.set_by, operations)) || !targets.insert(field.set_by).second) return false;
  }
  return kind.fields.size() <= max_resource_fields;
}

const ResourceCatalogue& service_resources() {
  static const ResourceCatalogue catalogue(
      {{.name = "shared_folder", .fields = shared_folder_fields}, {.name = "album", .fields = album_fields}},
      service_catalogue());
  return catalogue;
}

}  // namespace koobatch::koodrive
