#include "koobatch/koodrive/resource_catalogue.hpp"

#include "koobatch/koodrive/result_codes.hpp"
#include "koodrive/request_path.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>
#include <string>
#include <utility>

namespace koobatch::koodrive {
namespace {

constexpr std::array<std::string_view, 3> paging_names = {"offset", "number", "cursor"};

constexpr std::string_view id_placeholder = "id";

/// An operation and one of its fields; without operation if there is no such field.
struct Target {
  const OperationRow* operation = nullptr;
  std::uint8_t field = 0;
};

Target find_target(std::string_view set_by, std::span<const OperationRow> operations) {
  const auto dot = set_by.find('.');
  if (dot == std::string_view::npos) return {};
  const auto row = std::ranges::find(operations, set_by.substr(0, dot), &OperationRow::name);
  if (row == operations.end()) return {};
  const auto field = std::ranges::find(row->fields, set_by.substr(dot + 1), &FieldRow::name);
  if (field == row->fields.end()) return {};
  return {&*row, static_cast<std::uint8_t>(field - row->fields.begin())};
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

std::vector<ResourceField> resolved(const ResourceKind& kind, std::span<const OperationRow> operations) {
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

bool is_sound(const ResourceList& list) {
  return list.target.starts_with('/') && placeholders_of(list.target).empty() && list.size >= 1 &&
         list.size <= max_page_size && list.items.starts_with('/') &&
         (list.paging != Paging::cursor || list.next.starts_with('/'));
}

bool is_sound(const ResourceShow& show) {
  return show.target.empty() ||
         (show.target.starts_with('/') && placeholders_of(show.target) == std::vector{id_placeholder});
}

constexpr ResourceField shared_folder_fields[] = {
    {.name = "name", .at = "/name", .set_by = "rename_shared_folder.fileName", .unique_in = "/ownerId"},
    {.name = "ownerId", .at = "/ownerId"},
    {.name = "creator", .at = "/creator"},
    {.name = "createTime", .at = "/createTime"},
    {.name = "status", .at = "/status"},
};

// Only what a user has created: the folders that one has joined are in the list of another.
constexpr ResourceList shared_folder_lists[] = {
    {.target = "/koodrive/ose/v1/sharefolder/list?queryType=1",
     .paging = Paging::offset,
     .size = 1000,
     .items = "/folders"},
};
constexpr std::int64_t no_such_folder[] = {code::no_such_resource};
constexpr std::int64_t deleted_status[] = {1};

// Kind and type are required, so each list has a part.
constexpr ResourceList album_list(std::string_view target) {
  return {.target = target, .paging = Paging::number, .size = 100, .items = "/albumList", .total = "/total"};
}
constexpr ResourceList album_lists[] = {
    album_list("/koodrive/ose/v1/album/list?albumKind=1&albumType=1"),
    album_list("/koodrive/ose/v1/album/list?albumKind=1&albumType=2"),
    album_list("/koodrive/ose/v1/album/list?albumKind=2&albumType=1"),
    album_list("/koodrive/ose/v1/album/list?albumKind=2&albumType=2"),
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

std::size_t ResourceKind::find_set_by(std::string_view operation, std::string_view field) const {
  const auto found = std::ranges::find_if(fields, [&](const ResourceField& candidate) {
    return candidate.is_compared() && candidate.operation->name == operation && candidate.target().name == field;
  });
  return static_cast<std::size_t>(found - fields.begin());
}

const OperationRow* ResourceKind::find_operation(std::string_view operation) const {
  const auto found = std::ranges::find_if(fields, [&](const ResourceField& candidate) {
    return candidate.is_compared() && candidate.operation->name == operation;
  });
  return found == fields.end() ? nullptr : found->operation;
}

ResourceCatalogue::ResourceCatalogue(std::vector<ResourceKind> kinds, const OperationCatalogue& operations,
                                     std::shared_ptr<const void> texts)
    : kinds_(std::move(kinds)), texts_(std::move(texts)) {
  fields_.reserve(kinds_.size());
  for (auto& kind : kinds_) {
    assert(is_sound(kind, operations.rows()));
    kind.fields = fields_.emplace_back(resolved(kind, operations.rows()));
  }
}

const ResourceKind* ResourceCatalogue::find(std::string_view name) const {
  const auto kind = std::ranges::find(kinds_, name, &ResourceKind::name);
  return kind == kinds_.end() ? nullptr : &*kind;
}

std::string_view to_string(Paging paging) {
  return paging_names[static_cast<std::size_t>(paging)];
}

std::optional<Paging> paging_named(std::string_view name) {
  const auto found = std::ranges::find(paging_names, name);
  if (found == paging_names.end()) return std::nullopt;
  return static_cast<Paging>(found - paging_names.begin());
}

bool is_sound(const ResourceKind& kind, std::span<const OperationRow> operations) {
  std::set<std::string_view> names;
  std::set<std::string_view> targets;
  for (const auto& field : kind.fields) {
    if (!names.insert(field.name).second) return false;
    if (!field.unique_in.empty() && find_scope(kind, field.unique_in) == ResourceField::no_scope) return false;
    if (field.set_by.empty()) continue;
    if (!is_settable(find_target(field.set_by, operations)) || !targets.insert(field.set_by).second) return false;
  }
  constexpr auto is_sound_list = [](const ResourceList& list) { return is_sound(list); };
  return kind.fields.size() <= max_resource_fields && std::ranges::all_of(kind.lists, is_sound_list) &&
         is_sound(kind.show);
}

const ResourceCatalogue& service_resources() {
  static const ResourceCatalogue catalogue({{.name = "shared_folder",
                                             .fields = shared_folder_fields,
                                             .lists = shared_folder_lists,
                                             .show = {.target = "/koodrive/ose/v1/sharefolder/metadata/{id}",
                                                      .at = "/sharefolder",
                                                      .absent_codes = no_such_folder,
                                                      .absent_at = "/status",
                                                      .absent_values = deleted_status}},
                                            {.name = "album", .fields = album_fields, .lists = album_lists}},
                                           service_catalogue());
  return catalogue;
}

}  // namespace koobatch::koodrive
