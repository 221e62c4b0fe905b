#include "koobatch/koodrive/operation_catalogue.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace koobatch::koodrive {
namespace {

constexpr FieldRow rename_shared_folder_fields[] = {
    {"id", FieldType::text, FieldPlace::body, true, FieldRule::not_empty},
    {"fileName", FieldType::text, FieldPlace::body, true, FieldRule::shared_folder_name},
};

constexpr FieldRow update_album_fields[] = {
    {"albumId", FieldType::text, FieldPlace::path, true, FieldRule::path_segment},
    {"name", FieldType::text, FieldPlace::body, false, FieldRule::album_name},
    {"scopeParentFolderId", FieldType::text, FieldPlace::body, false, FieldRule::optional_id},
    {"scopeDirList", FieldType::text_list, FieldPlace::body, false, FieldRule::scope_dir_list},
    {"scopeKind", FieldType::integer, FieldPlace::body, false, FieldRule::scope_kind},
    {"coverImageUrl", FieldType::text, FieldPlace::body, false, FieldRule::none},
};

// The service's own operations set a value, so sending one twice has the effect of sending it once.
constexpr OperationRow service_rows[] = {
    {.name = "rename_shared_folder",
     .method = "POST",
     .target = "/koodrive/ose/v1/sharefolder/rename",
     .fields = rename_shared_folder_fields,
     .key_field = 0,
     .key_prefix = "folder:",
     .idempotent = true,
     .needs_optional = false,
     .answers_id = true},
    {.name = "update_album",
     .method = "POST",
     .target = "/koodrive/ose/v1/{albumId}/update",
     .fields = update_album_fields,
     .key_field = 0,
     .key_prefix = "album:",
     .idempotent = true,
     .needs_optional = true,
     .answers_id = false},
};

constexpr bool keeps_its_word(const OperationRow& row) {
  if (row.fields.size() > max_fields || row.key_field >= row.fields.size()) return false;
  const auto& key = row.fields[row.key_field];
  if (key.type != FieldType::text || !key.required) return false;
  std::size_t in_path = 0;
  for (const auto& field : row.fields) {
    if (field.place != FieldPlace::path) continue;
    const auto open = row.target.find('{');
    if (open == std::string_view::npos || row.target.substr(open + 1, field.name.size()) != field.name) return false;
    if (field.type != FieldType::text || !field.required || field.rule != FieldRule::path_segment) return false;
    ++in_path;
  }
  return in_path == (row.target.find('{') == std::string_view::npos ? 0U : 1U);
}
static_assert(std::all_of(std::begin(service_rows), std::end(service_rows), keeps_its_word));

[[maybe_unused]] bool are_distinct(std::span<const OperationRow> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (rows[i].name == rows[j].name || rows[i].key_prefix == rows[j].key_prefix) return false;
    }
  }
  return true;
}

}  // namespace

bool is_sound(const OperationRow& row) {
  return keeps_its_word(row);
}

OperationCatalogue::OperationCatalogue(std::vector<OperationRow> rows) : rows_(std::move(rows)) {
  assert(std::ranges::all_of(rows_, is_sound) && are_distinct(rows_));
}

const OperationRow* OperationCatalogue::find(std::string_view name) const {
  const auto row = std::ranges::find(rows_, name, &OperationRow::name);
  return row == rows_.end() ? nullptr : &*row;
}

std::size_t OperationCatalogue::index_of(const OperationRow& row) const {
  assert(&row >= rows_.data() && &row < rows_.data() + rows_.size());
  return static_cast<std::size_t>(&row - rows_.data());
}

const OperationCatalogue& service_catalogue() {
  static const OperationCatalogue catalogue({std::begin(service_rows), std::end(service_rows)});
  return catalogue;
}

}  // namespace koobatch::koodrive
