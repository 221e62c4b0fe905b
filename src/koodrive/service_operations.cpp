#include "koodrive/service_operations.hpp"

#include <algorithm>
#include <iterator>

// What the service's pages say, one row per operation. Where they leave something open, docs/operations.md gives the
// choice made here and its reason.

namespace koobatch::koodrive {
namespace {

constexpr std::string_view dots[] = {".", ".."};
constexpr std::string_view letters_and_digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view not_in_file_names = "<>|:\"*?/\\";

constexpr FieldRule identifier{.kind = FieldKind::identifier, .min = 1};
constexpr FieldRule optional_identifier{.kind = FieldKind::identifier};

constexpr FieldRow path_id(std::string_view name) {
  return {.name = name, .place = FieldPlace::path, .required = true, .rule = identifier};
}
constexpr FieldRow id(std::string_view name) {
  return {.name = name, .required = true, .rule = identifier};
}
/// A number that the service's pages give as a Long.
constexpr FieldRow long_id(std::string_view name, bool required) {
  return {.name = name,
          .type = FieldType::integer,
          .required = required,
          .rule = {.kind = FieldKind::identifier, .min = 0}};
}
constexpr FieldRow text(std::string_view name) {
  return {.name = name};
}
constexpr FieldRow id_list(std::string_view name) {
  return {.name = name, .type = FieldType::text_list, .rule = optional_identifier};
}
constexpr FieldRow choice(std::string_view name, bool required, std::span<const NamedNumber> numbers) {
  return {.name = name, .type = FieldType::integer, .required = required, .rule = {.numbers = numbers}};
}
constexpr FieldRow selecting(FieldRow row) {
  row.selects = true;
  return row;
}

constexpr FieldRow rename_shared_folder_fields[] = {
    id("id"),
    {.name = "fileName",
     .required = true,
     .rule = {.kind = FieldKind::name,
              .forbids_space = true,
              .forbids_emoji = true,
              .min = 1,
              .max = 31,  // "less than 32"
              .forbid = "<>|:*?\"/",
              .excluded = dots}},
};

constexpr NamedNumber scope_kinds[] = {{1, "image"}, {2, "video"}};
constexpr FieldRow update_album_fields[] = {
    path_id("albumId"),
    {.name = "name", .rule = {.kind = FieldKind::name, .min = 1, .max = 20}},
    {.name = "scopeParentFolderId", .rule = optional_identifier},
    {.name = "scopeDirList", .type = FieldType::text_list, .rule = {.kind = FieldKind::identifier, .max_items = 30}},
    choice("scopeKind", false, scope_kinds),
    text("coverImageUrl"),
};

constexpr NamedNumber rename_modes[] = {{2, "append the time"}, {3, "refuse"}};
constexpr std::int64_t refuse = 3;
constexpr std::int64_t repeatable_rename_modes[] = {refuse};
constexpr FieldRow rename_file_fields[] = {
    path_id("fileId"),
    {.name = "containerId",
     .required = true,
     .rule = {.kind = FieldKind::identifier, .min = 1, .max = 64},
     .selects = true},
    {.name = "name",
     .required = true,
     .rule = {.kind = FieldKind::name, .min = 1, .max = 250, .forbid = not_in_file_names, .excluded = dots}},
    {.name = "renameMode",
     .type = FieldType::integer,
     .rule = {.numbers = rename_modes, .default_value = refuse},
     .selects = true},
    {.name = "shareFolderId",
     .place = FieldPlace::header,
     .rule = {.kind = FieldKind::identifier, .min = 1, .max = 100},
     .header = "x-hw-share-folder-id",
     .selects = true},
};
constexpr RepeatCondition rename_file_repeatable[] = {{.field = 3, .numbers = repeatable_rename_modes}};

constexpr NamedNumber space_states[] = {{0}, {1}};
constexpr NamedNumber space_types[] = {{0, "department"}, {1, "personal"}};
constexpr FieldRow update_space_fields[] = {
    path_id("ownerId"),
    choice("status", false, space_states),
    {.name = "capacity", .type = FieldType::integer, .rule = {.min = 0}},
    selecting(choice("type", false, space_types)),
    selecting({.name = "containerId", .rule = {.kind = FieldKind::identifier, .min = 1, .max = 64}}),
};

constexpr NamedNumber user_roles[] = {
    {0, "department administrator"}, {1, "user"}, {2, "system administrator"}, {5, "manageable"}};
constexpr NamedNumber user_states[] = {{0, "enabled"}, {1, "disabled"}, {7, "frozen"}};
constexpr FieldRow update_user_fields[] = {
    path_id("userId"),
    long_id("deptId", false),
    choice("role", false, user_roles),
    choice("status", false, user_states),
};

constexpr FieldRow update_user_info_fields[] = {
    id("userId"),
    {.name = "firstname", .rule = {.kind = FieldKind::name}},
    {.name = "surname", .rule = {.kind = FieldKind::name}},
    text("email"),
};

constexpr FieldRow update_department_fields[] = {
    path_id("department_id"),
    {.name = "name", .required = true, .rule = {.kind = FieldKind::name, .min = 1}},
    id("parentId"),
};

constexpr NamedNumber group_types[] = {{0, "group"}, {1, "user group"}};
constexpr NamedNumber group_roles[] = {{0}, {1}, {2}};
constexpr NamedNumber off_on[] = {{0}, {1}};
constexpr FieldRow update_user_group_fields[] = {
    path_id("groupId"),
    {.name = "groupName",
     .required = true,
     .rule = {.kind = FieldKind::name, .forbids_emoji = true, .min = 1, .forbid = not_in_file_names, .excluded = dots}},
    selecting(choice("sourceType", true, group_types)),
    {.name = "userId", .rule = identifier},
    choice("role", false, group_roles),
    text("iconUrl"),
    choice("top", false, off_on),
};

constexpr FieldRow update_share_fields[] = {
    path_id("shareId"),
    {.name = "validDays", .type = FieldType::integer, .required = true, .rule = {.min = 0, .max = 365}},
    {.name = "extractCode", .rule = {.min = 8, .max = 8, .only = letters_and_digits}},
    text("comment"),
    id_list("deptIds"),
    id_list("groupIds"),
    id_list("userIds"),
    text("expireTime"),
    {.name = "agentName", .place = FieldPlace::header, .header = "x-hw-agentname", .selects = true},
};

constexpr FieldRow edit_permission_template_fields[] = {
    long_id("id", true),
    // Eight Chinese characters or 24 letters: both are 24 bytes of UTF-8.
    {.name = "name",
     .required = true,
     .rule = {.kind = FieldKind::name, .count = TextCount::bytes, .min = 1, .max = 24}},
    {.name = "description", .rule = {.max = 50}},
    {.name = "capabilities", .type = FieldType::object, .rule = {.max_items = 11}},
};

constexpr FieldRow edit_permission_template_status_fields[] = {
    long_id("id", true),
    choice("status", true, off_on),
};

// All but two set values, so sending one twice has the effect of sending it once.
constexpr OperationRow rows[] = {
    {.name = "rename_shared_folder",
     .method = "POST",
     .target = "/koodrive/ose/v1/sharefolder/rename",
     .fields = rename_shared_folder_fields,
     .key_prefix = "folder:",
     .idempotent = true,
     .answers_id = true,
     .summary = "Rename a shared folder"},
    {.name = "update_album",
     .method = "POST",
     .target = "/koodrive/ose/v1/{albumId}/update",
     .fields = update_album_fields,
     .key_prefix = "album:",
     .idempotent = true,
     .at_least_one_of = 0b111110,
     .summary = "Update an album"},
    {.name = "rename_file",
     .method = "POST",
     .target = "/koodrive/ose/v1/files/rename/{fileId}",
     .fields = rename_file_fields,
     .key_prefix = "file:",
     .idempotent = true,
     .repeatable_if = rename_file_repeatable,
     .summary = "Rename a file or folder in a space"},
    {.name = "update_space",
     .method = "PUT",
     .target = "/koodrive/ose/v1/space/{ownerId}",
     .fields = update_space_fields,
     .key_prefix = "space:",
     .idempotent = true,
     .at_least_one_of = 0b00110,
     .summary = "Change state or capacity of a space"},
    {.name = "update_user",
     .method = "PUT",
     .target = "/koodrive/ose/v1/users/{userId}",
     .fields = update_user_fields,
     .key_prefix = "user:",
     .idempotent = true,
     .at_least_one_of = 0b1110,
     .summary = "Change department, role or state of a user"},
    {.name = "update_user_info",
     .method = "PUT",
     .target = "/koodrive/ose/v1/user/info",
     .fields = update_user_info_fields,
     .key_prefix = "user:",
     .idempotent = true,
     .at_least_one_of = 0b1110,
     .summary = "Change name or e-mail address of a user"},
    {.name = "update_department",
     .method = "PUT",
     .target = "/koodrive/ose/v1/departments/{department_id}",
     .fields = update_department_fields,
     .key_prefix = "department:",
     .idempotent = true,
     .summary = "Rename and move a department"},
    {.name = "update_user_group",
     .method = "PUT",
     .target = "/koodrive/ose/v1/usergroups/{groupId}",
     .fields = update_user_group_fields,
     .key_prefix = "group:",
     .idempotent = true,
     .summary = "Update a group or user group"},
    // The days count from when it arrives.
    {.name = "update_share",
     .method = "PUT",
     .target = "/koodrive/ose/v1/share/{shareId}",
     .fields = update_share_fields,
     .key_prefix = "share:",
     .idempotent = false,
     .summary = "Update a share"},
    {.name = "edit_permission_template",
     .method = "POST",
     .target = "/koodrive/ose/v1/permission/template/edit",
     .fields = edit_permission_template_fields,
     .key_prefix = "template:",
     .idempotent = true,
     .summary = "Edit a permission template"},
    {.name = "edit_permission_template_status",
     .method = "POST",
     .target = "/koodrive/ose/v1/permission/template/status/modify",
     .fields = edit_permission_template_status_fields,
     .key_prefix = "template:",
     .idempotent = true,
     .summary = "Switch a permission template on or off"},
};
static_assert(std::all_of(std::begin(rows), std::end(rows), [](const OperationRow& row) {
  return row.fields.size() <= max_fields && row.fields[row.key_field].required;
}));

}  // namespace

std::span<const OperationRow> service_rows() {
  return rows;
}

}  // namespace koobatch::koodrive
