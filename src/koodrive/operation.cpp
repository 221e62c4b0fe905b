#include "koobatch/koodrive/operation.hpp"

#include "koobatch/core/eight_bytes.hpp"
#include "koobatch/core/json.hpp"

#include <xxhash.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>

namespace koobatch::koodrive {
namespace {

/// Enough for nearly every operation: its texts are then appended without growing the buffer again.
constexpr std::size_t usual_text = 256;

std::string_view path_value(const Fields& fields, std::string_view name) {
  const auto field = std::ranges::find(fields.row->fields, name, &FieldRow::name);
  return fields.values[static_cast<std::size_t>(field - fields.row->fields.begin())].text;
}

void append_target(std::string& out, const Fields& fields) {
  for (auto rest = fields.row->target; !rest.empty();) {
    const auto open = rest.find('{');
    out.append(rest.substr(0, open));
    if (open == std::string_view::npos) return;
    const auto close = rest.find('}', open);
    const auto value = path_value(fields, rest.substr(open + 1, close - open - 1));
    if (is_digits(value)) {
      out.append(value);  // as nearly all identifiers are; the encoder looks at each character
    } else {
      namespace urls = boost::urls;
      urls::encode(value, urls::unreserved_chars, {}, urls::string_token::append_to(out));
    }
    rest.remove_prefix(close + 1);
  }
}

void append_body(std::string& out, const Fields& fields) {
  JsonWriter body(out);
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const auto& field = fields.row->fields[i];
    if (field.place != FieldPlace::body) continue;
    if (fields.values[i].present) {
      append_field(body.key(field.name), fields, i);
    } else if (field.rule.default_value) {
      body.add(field.name, *field.rule.default_value);
    }
  }
  body.end();
}

void append_headers(std::string& out, const Fields& fields) {
  for (std::size_t i = 0; i < fields.row->fields.size(); ++i) {
    const auto& field = fields.row->fields[i];
    if (field.place != FieldPlace::header || !fields.values[i].present) continue;
    out.append(field.header).append("\n").append(fields.values[i].text).append("\n");
  }
}

bool holds(const RepeatCondition& condition, const Fields& fields) {
  const auto& value = fields.values[condition.field];
  const auto& field = fields.row->fields[condition.field];
  if (field.type == FieldType::text) {
    return value.present && std::ranges::find(condition.texts, value.text) != condition.texts.end();
  }
  if (!value.present && !field.rule.default_value) return false;
  const auto number = value.present ? value.integer : *field.rule.default_value;
  return std::ranges::find(condition.numbers, number) != condition.numbers.end();
}

bool is_repeatable(const Fields& fields) {
  const auto& row = *fields.row;
  return row.idempotent &&
         std::ranges::all_of(row.repeatable_if, [&](const RepeatCondition& c) { return holds(c, fields); });
}

}  // namespace

std::uint64_t key_hash(const Fields& fields) {
  std::string key(fields.row->key_prefix);
  append_key(key, fields);
  return XXH3_64bits(key.data(), key.size());
}

void OperationBuilder::build(const Fields& fields, std::uint32_t line, std::string_view default_user,
                             std::string_view default_language, Operation& out) {
  std::string& text = out.text_;
  text.clear();
  text.reserve(usual_text);
  const auto slice_from = [&text](std::size_t from) {
    return Operation::Slice{static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(text.size() - from)};
  };
  const auto store = [&](std::string_view value) {
    const auto from = text.size();
    text.append(value);
    return slice_from(from);
  };

  const auto& row = *fields.row;
  Operation::Rest& rest = out.rest_;
  rest.row = &row;
  rest.line = line;
  // The prefix is stored before the identifier, so that the key is one contiguous block to hash.
  text.append(row.key_prefix);
  const auto id_from = text.size();
  append_key(text, fields);
  rest.id = slice_from(id_from);
  rest.in_group = fields.group != 0;
  rest.key_hash = fields.group != 0 ? fields.group : XXH3_64bits(text.data(), text.size());
  rest.user = store(fields.user_id.value_or(default_user));
  rest.language = store(fields.language.value_or(default_language));
  rest.has_ref = fields.ref.has_value();
  rest.ref = store(fields.ref.value_or(std::string_view()));
  const auto target_from = text.size();
  append_target(text, fields);
  rest.target = slice_from(target_from);
  const auto body_from = text.size();
  append_body(text, fields);
  rest.body = slice_from(body_from);
  rest.was = store(fields.was);
  const auto headers_from = text.size();
  append_headers(text, fields);
  rest.headers = slice_from(headers_from);
  rest.is_repeatable = is_repeatable(fields);
}

}  // namespace koobatch::koodrive
