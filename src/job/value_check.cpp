#include "job/value_check.hpp"

#include "job/characters.hpp"
#include "job/identifier_check.hpp"
#include "job/record.hpp"
#include "job/text_check.hpp"
#include "koobatch/core/eight_bytes.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::job {

using koodrive::FieldRow;
using koodrive::Fields;
using koodrive::FieldType;

namespace {

/// Whether a text needs no closer look, as nearly all do.
bool is_ordinary(const FieldRow& field, std::string_view text) {
  if (field.type != FieldType::text) return false;
  return koodrive::is_identifier(field.rule) ? is_digits(text) : !text.empty() && !may_be_odd(text);
}

bool is_judged(const koodrive::FieldValue& value) {
  return value.present && !value.malformed;
}

/// The fields that need a closer look.
koodrive::FieldSet find_suspects(const Fields& fields) {
  unsigned suspects = 0;
  unsigned bit = 1;
  const auto* value = fields.values.data();
  for (const FieldRow& field : fields.row->fields) {
    if (is_judged(*value) && !is_ordinary(field, value->text)) suspects |= bit;
    ++value;
    bit <<= 1U;
  }
  return static_cast<koodrive::FieldSet>(suspects);
}

}  // namespace

void ValueCheck::examine(Fields& fields, std::uint32_t line, Violations& out) {
  assert(fields.row != nullptr);
  warnings_.clear();
  const auto& row = *fields.row;
  const auto suspects = find_suspects(fields);
  key_is_digits_ = koodrive::is_identifier(row.fields[row.key_field].rule) && is_judged(fields.values[row.key_field]);
  const bool is_plain = suspects == 0 && fields.op.size() == row.name.size() && !fields.user_id && !fields.language;
  if (!is_plain) look_closer(fields, suspects, out);
  if (key_is_digits_) count_key(fields, line);
}

void ValueCheck::look_closer(Fields& fields, koodrive::FieldSet suspects, Violations& out) {
  composed_.clear();
  if (fields.op.size() != fields.row->name.size()) examine_op(fields, out);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if ((static_cast<unsigned>(suspects) >> i & 1U) != 0) examine_field(fields, i, out);
  }
  if (fields.user_id) examine_common(user_id_field, fields.user_id, out);
  if (fields.language) examine_common(language_field, fields.language, out);
}

void ValueCheck::conclude_odd(Violations& violations) {
  if (treatment_.strict) {
    for (const Warning& warning : warnings_) {
      if (!is_notice(warning.oddity)) violations.push_back({std::string(warning.field), describe(warning)});
    }
  }
  if (!violations.empty()) warnings_.clear();
}

/// The row's name was found in it, so nothing is wrong but what surrounds it.
void ValueCheck::examine_op(Fields& fields, Violations& out) {
  if (!fields.op.empty()) examine_identifier(op_field, fields.op, out);
}

void ValueCheck::examine_field(Fields& fields, std::size_t index, Violations& out) {
  const FieldRow& field = fields.row->fields[index];
  auto& value = fields.values[index];
  switch (field.type) {
    case FieldType::text:
      if (koodrive::is_identifier(field.rule)) {
        const bool digits = examine_identifier(field.name, value.text, out);
        if (index == fields.row->key_field) key_is_digits_ = digits;
      } else {
        examine_text(field, value.text, out);
      }
      return;
    case FieldType::integer:
      if (!value.text.empty()) examine_integer(field.name, value.text, out);
      return;
    case FieldType::text_list:
      for (std::uint32_t i = 0; i < value.list_size; ++i) {
        examine_identifier(field.name, fields.list_items[value.list_from + i], out);
      }
      return;
  }
}

void ValueCheck::examine_common(std::string_view name, std::optional<std::string_view>& value, Violations& out) {
  const auto before = out.size();
  examine_identifier(name, *value, out);
  if (out.size() != before) value.reset();
}

bool ValueCheck::examine_identifier(std::string_view field, std::string_view& text, Violations& out) {
  if (is_digits(text)) return true;
  if (text.empty()) return false;
  if (treatment_.trim) trim(field, text, trim_identifier);
  if (auto fault = find_identifier_fault(text)) {
    add_once(out, {std::string(field), std::move(*fault)});
  } else if (looks_rewritten(text)) {
    warnings_.push_back({Oddity::rewritten_number, field});
  }
  return is_digits(text);
}

/// The reader has taken the number out of what surrounds it.
void ValueCheck::examine_integer(std::string_view field, std::string_view& text, Violations& out) {
  if (treatment_.trim) trim(field, text, trim_identifier);
  if (auto fault = find_edge_fault(text)) out.push_back({std::string(field), std::move(*fault)});
}

void ValueCheck::examine_text(const FieldRow& field, std::string_view& text, Violations& out) {
  if (text.empty() || !may_be_odd(text)) return;
  if (treatment_.trim) trim(field.name, text, trim_text);
  if (treatment_.compose && koodrive::is_name(field.rule)) compose(field.name, text);
  if (has_null(text)) {
    out.push_back({std::string(field.name), "contains U+0000 (null), at which many programs end a text: remove it"});
  }
  find_text_oddities(field.name, text, warnings_);
}

void ValueCheck::trim(std::string_view field, std::string_view& text, std::string_view (*trimmed)(std::string_view)) {
  const auto rest = trimmed(text);
  if (rest.size() == text.size()) return;
  text = rest;
  warnings_.push_back({Oddity::trimmed, field});
}

void ValueCheck::compose(std::string_view field, std::string_view& text) {
  if (is_composed(text)) return;
  text = composed_.emplace_back(composed(text));
  warnings_.push_back({Oddity::normalized, field});
}

void ValueCheck::count_key(const Fields& fields, std::uint32_t line) {
  const auto& row = *fields.row;
  const auto id = fields.values[row.key_field].text;
  if (!long_ids_.add(id)) return;
  const auto named =
      std::ranges::find_if(row.fields, [](const FieldRow& field) { return koodrive::is_name(field.rule); });
  const auto index = static_cast<std::size_t>(named - row.fields.begin());
  long_ids_.add_rounded(id, named == row.fields.end() ? "" : fields.values[index].text, line);
}

}  // namespace koobatch::job
