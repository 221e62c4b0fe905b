#include "job/value_check.hpp"

#include "job/characters.hpp"
#include "job/record.hpp"
#include "job/text_check.hpp"
#include "koobatch/core/eight_bytes.hpp"
#include "koobatch/core/unicode_text.hpp"
#include "koobatch/job/identifier_check.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::job {

using koodrive::FieldRow;
using koodrive::Fields;
using koodrive::FieldType;
using koodrive::FieldValue;

namespace {

/// A bit besides those of the fields: something is missing.
constexpr std::uint64_t incomplete = std::uint64_t{1} << koodrive::max_fields;

/// Whether a value is not odd and keeps its rule, as nearly all do, so that it needs no closer look.
bool is_ordinary(const FieldRow& field, const FieldValue& value) {
  if (field.type != FieldType::text || !field.has_plain_size(value.text)) return false;
  if (koodrive::is_identifier(field.rule)) return is_digits(value.text);
  return !value.text.empty() && !may_be_odd(value.text) && field.has_plain_bytes(value.text);
}

bool is_judged(const FieldValue& value) {
  return value.present && !value.malformed;
}

/// The fields that need a closer look, perhaps with `incomplete`.
std::uint64_t find_suspects(const Fields& fields) {
  std::uint64_t suspects = 0;
  std::uint64_t present = 0;
  std::uint64_t bit = 1;
  const auto* value = fields.values.data();
  for (const FieldRow& field : fields.row->fields) {
    if (value->present) {
      present |= bit;
      if (!value->malformed && !is_ordinary(field, *value)) suspects |= bit;
    } else if (field.required) {
      suspects |= incomplete;
    }
    ++value;
    bit <<= 1U;
  }
  const auto any_of = fields.row->at_least_one_of;
  return any_of == 0 || (any_of & present) != 0 ? suspects : suspects | incomplete;
}

}  // namespace

void ValueCheck::examine(Fields& fields, std::uint32_t line, Violations& out) {
  assert(fields.row != nullptr);
  warnings_.clear();
  const auto& row = *fields.row;
  const auto suspects = find_suspects(fields);
  const bool has_bare_op = fields.op.empty() || fields.op.size() == row.name.size();
  const bool is_plain = suspects == 0 && has_bare_op && !fields.user_id && !fields.language;
  if (!is_plain) look_closer(fields, suspects, out);
  const auto& key = fields.values[row.key_field];
  const bool is_ordinary_key = (suspects >> row.key_field & 1U) == 0;
  const bool is_number = is_judged(key) && (is_ordinary_key || is_digits(key.text));
  if (is_number && koodrive::is_identifier(row.fields[row.key_field].rule)) count_key(fields, line);
}

void ValueCheck::look_closer(Fields& fields, std::uint64_t suspects, Violations& out) {
  composed_.clear();
  // The row's name was found in it, so nothing can be wrong but what surrounds it.
  if (!fields.op.empty() && fields.op.size() != fields.row->name.size()) examine_identifier(op_field, fields.op, out);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    if ((suspects >> i & 1U) != 0) examine_field(fields, i, out);
  }
  if (fields.user_id) examine_common(user_id_field, fields.user_id, out);
  if (fields.language) examine_common(language_field, fields.language, out);
  koodrive::check(fields, out);
}

void ValueCheck::conclude_odd(Violations& violations) {
  if (treatment_.strict) {
    for (const Warning& warning : warnings_) {
      if (!is_notice(warning.oddity)) violations.push_back({std::string(warning.field), describe(warning)});
    }
  }
  if (!violations.empty()) warnings_.clear();
}

void ValueCheck::examine_field(Fields& fields, std::size_t index, Violations& out) {
  const FieldRow& field = fields.row->fields[index];
  auto& value = fields.values[index];
  switch (field.type) {
    case FieldType::text:
      if (koodrive::is_identifier(field.rule)) {
        examine_identifier(field.name, value.text, out);
      } else {
        examine_text(field, value.text, out);
      }
      return;
    case FieldType::integer:
      if (!value.text.empty()) examine_integer(field.name, value.text, out);
      return;
    case FieldType::text_list:
      for (std::uint32_t i = 0; i < value.list_size; ++i) {
        auto& item = fields.list_items[value.list_from + i];
        if (koodrive::is_identifier(field.rule)) {
          examine_identifier(field.name, item, out);
        } else {
          examine_text(field, item, out);
        }
      }
      return;
    case FieldType::boolean:
    case FieldType::object:
      return;
  }
}

void ValueCheck::examine_common(std::string_view name, std::optional<std::string_view>& value, Violations& out) {
  const auto before = out.size();
  examine_identifier(name, *value, out);
  if (out.size() != before) value.reset();
}

void ValueCheck::examine_identifier(std::string_view field, std::string_view& text, Violations& out) {
  if (text.empty() || is_digits(text)) return;
  if (treatment_.trim) trim(field, text, trim_identifier);
  if (auto fault = find_identifier_fault(text)) {
    add_once(out, {std::string(field), std::move(*fault)});
  } else if (looks_rewritten(text)) {
    warnings_.push_back({Oddity::rewritten_number, field});
  }
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
