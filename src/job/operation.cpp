#include "koobatch/job/operation.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/job/record.hpp"

#include <fmt/format.h>
#include <xxhash.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <iterator>

namespace koobatch::job {
namespace {

constexpr FieldRow rename_shared_folder_fields[] = {
    {"id", FieldType::text, FieldPlace::body, true, FieldRule::not_empty},
    {"fileName", FieldType::text, FieldPlace::body, true, FieldRule::shared_folder_name},
};

constexpr FieldRow update_album_fields[] = {
    {"albumId", FieldType::text, FieldPlace::path, true, FieldRule::path_segment},
    {"name", FieldType::text, FieldPlace::body, false, FieldRule::album_name},
    {"scopeParentFolderId", FieldType::text, FieldPlace::body, false, FieldRule::none},
    {"scopeDirList", FieldType::text_list, FieldPlace::body, false, FieldRule::scope_dir_list},
    {"scopeKind", FieldType::integer, FieldPlace::body, false, FieldRule::scope_kind},
    {"coverImageUrl", FieldType::text, FieldPlace::body, false, FieldRule::none},
};

constexpr FieldRow post_event_fields[] = {
    {"id", FieldType::text, FieldPlace::body, true, FieldRule::not_empty},
    {"text", FieldType::text, FieldPlace::body, true, FieldRule::none},
};

// The service's own operations set a value, so sending one twice has the effect of sending it once.
constexpr OperationRow table[] = {
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
    // What the service has not (yet): an operation that must not be sent twice, so that its way through a run can be
    // rehearsed.
    {.name = "post_event",
     .method = "POST",
     .target = "/koodrive/simulator/v1/event",
     .fields = post_event_fields,
     .key_field = 0,
     .key_prefix = "events:",
     .idempotent = false,
     .needs_optional = false,
     .simulator_only = true,
     .answers_id = true},
};

// What the rest of the folder takes for granted about every row.
constexpr bool is_sound(const OperationRow& row) {
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
static_assert(std::all_of(std::begin(table), std::end(table), is_sound));

// A FieldSet says nothing about another row's fields, so operations on one key must be of one row.
constexpr bool has_distinct_prefixes() {
  for (std::size_t i = 0; i < std::size(table); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (table[i].key_prefix == table[j].key_prefix) return false;
    }
  }
  return true;
}
static_assert(has_distinct_prefixes());

void append_target(std::string& out, const Fields& fields) {
  const auto& row = *fields.row;
  const auto open = row.target.find('{');
  if (open == std::string_view::npos) {
    out.append(row.target);
    return;
  }
  const auto close = row.target.find('}', open);
  const auto in_path = std::ranges::find(row.fields, FieldPlace::path, &FieldRow::place) - row.fields.begin();
  namespace urls = boost::urls;
  out.append(row.target, 0, open);
  urls::encode(fields.values[static_cast<std::size_t>(in_path)].text, urls::unreserved_chars, {},
               urls::string_token::append_to(out));
  out.append(row.target, close + 1);
}

void append_body(std::string& out, const Fields& fields) {
  JsonWriter body(out);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const auto& field = fields.row->fields[i];
    if (field.place != FieldPlace::body || !fields.values[i].present) continue;
    append_field(body.key(field.name), fields, i);
  }
  body.end();
}

}  // namespace

std::span<const OperationRow> operation_table() {
  return table;
}

std::span<const OperationRow> service_operations() {
  const auto* const end = std::ranges::find(table, true, &OperationRow::simulator_only);
  return {std::begin(table), end};
}

const OperationRow* find_operation(std::string_view name) {
  const auto* row = std::ranges::find(table, name, &OperationRow::name);
  return row == std::end(table) ? nullptr : row;
}

void append_field(std::string& out, const Fields& fields, std::size_t index) {
  const FieldValue& value = fields.values[index];
  switch (fields.row->fields[index].type) {
    case FieldType::text:
      append_json_string(out, value.text);
      return;
    case FieldType::integer:
      out.append(fmt::format_int(value.integer).c_str());
      return;
    case FieldType::text_list:
      break;
  }
  out.push_back('[');
  for (std::uint32_t i = 0; i < value.list_size; ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, fields.list_items[value.list_from + i]);
  }
  out.push_back(']');
}

void Fields::clear() {
  row = nullptr;
  values.fill({});
  list_items.clear();
  user_id.reset();
  language.reset();
  ref.reset();
}

FieldSet Fields::changed() const {
  FieldSet set = 0;
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    if (values[i].present && i != row->key_field) set = static_cast<FieldSet>(set | (1U << i));
  }
  return set;
}

void Fields::remove(FieldSet unwanted) {
  for (std::size_t i = 0; i < row->fields.size(); ++i) {
    if ((static_cast<unsigned>(unwanted) >> i & 1U) != 0) values[i] = {};
  }
}

void append_record_json(const Fields& fields, std::string& out) {
  JsonWriter json(out);
  json.add(op_field, fields.row->name);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if (!fields.values[i].present) continue;
    const auto& field = fields.row->fields[i];
    append_field(json.key(field.name), fields, i);
  }
  if (fields.user_id) json.add(user_id_field, *fields.user_id);
  if (fields.language) json.add(language_field, *fields.language);
  if (fields.ref) json.add(ref_field, *fields.ref);
  json.end();
}

void OperationBuilder::build(const Fields& fields, std::uint32_t line, std::string_view default_user,
                             std::string_view default_language, Operation& out) {
  std::string& text = out.text_;
  text.clear();
  const auto slice_from = [&text](std::size_t from) {
    return Operation::Slice{static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(text.size() - from)};
  };
  const auto store = [&](std::string_view value) {
    const auto from = text.size();
    text.append(value);
    return slice_from(from);
  };

  const auto& row = *fields.row;
  out.row_ = &row;
  out.line_ = line;
  // The prefix stands before the identifier, so that the key is one piece of memory to hash.
  text.append(row.key_prefix);
  out.id_ = store(fields.values[row.key_field].text);
  out.key_hash_ = XXH3_64bits(text.data(), text.size());
  out.user_ = store(fields.user_id.value_or(default_user));
  out.language_ = store(fields.language.value_or(default_language));
  out.has_ref_ = fields.ref.has_value();
  out.ref_ = store(fields.ref.value_or(std::string_view()));
  const auto target_from = text.size();
  append_target(text, fields);
  out.target_ = slice_from(target_from);
  const auto body_from = text.size();
  append_body(text, fields);
  out.body_ = slice_from(body_from);
}

}  // namespace koobatch::job
