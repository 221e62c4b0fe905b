#include "koobatch/koodrive/operation.hpp"

#include "koobatch/core/eight_bytes.hpp"
#include "koobatch/core/json.hpp"

#include <xxhash.h>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>

namespace koobatch::koodrive {
namespace {

void append_target(std::string& out, const Fields& fields) {
  const auto& row = *fields.row;
  const auto open = row.target.find('{');
  if (open == std::string_view::npos) {
    out.append(row.target);
    return;
  }
  const auto close = row.target.find('}', open);
  const auto in_path = std::ranges::find(row.fields, FieldPlace::path, &FieldRow::place) - row.fields.begin();
  const auto value = fields.values[static_cast<std::size_t>(in_path)].text;
  out.append(row.target, 0, open);
  if (is_digits(value)) {
    out.append(value);  // as nearly all identifiers are; the encoder looks at each character
  } else {
    namespace urls = boost::urls;
    urls::encode(value, urls::unreserved_chars, {}, urls::string_token::append_to(out));
  }
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
  Operation::Rest& rest = out.rest_;
  rest.row = &row;
  rest.line = line;
  // The prefix is stored before the identifier, so that the key is one contiguous block to hash.
  text.append(row.key_prefix);
  rest.id = store(fields.values[row.key_field].text);
  rest.key_hash = XXH3_64bits(text.data(), text.size());
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
}

}  // namespace koobatch::koodrive
