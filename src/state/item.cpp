#include "koobatch/state/item.hpp"

#include "koobatch/core/json.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

namespace koobatch::state {
namespace {

/// Appends a text so that no two sequences of texts give the same bytes.
void append_part(std::string& out, std::string_view text) {
  out.append(fmt::format_int(text.size()).c_str());
  out.push_back(':');
  out.append(text);
}

}  // namespace

std::string scope_text(const std::optional<Value>& value) {
  if (!value) return {};
  if (const auto* text = std::get_if<std::string>(&*value)) return *text;
  std::string out;
  append_json(out, *value);
  return out;
}

void append_item(std::string& out, const Item& item) {
  JsonWriter json(out);
  json.add(type_member, item.kind->name);
  if (!item.id.empty()) json.add(id_member, item.id);
  if (!item.user_id.empty()) json.add(user_id_member, item.user_id);
  for (std::size_t i = 0; i < item.values.size(); ++i) {
    if (item.values[i]) append_json(json.key(item.kind->fields[i].name), *item.values[i]);
  }
  json.end();
}

bool is_checked(const koodrive::ResourceKind& kind, std::size_t field) {
  return kind.fields[field].is_compared() ||
         std::ranges::any_of(kind.fields, [&](const auto& other) { return other.scope == field; });
}

std::uint64_t check_of(const Item& item) {
  std::string bytes;
  append_part(bytes, item.kind->name);
  append_part(bytes, item.id);
  append_part(bytes, item.user_id);
  for (std::size_t i = 0; i < item.values.size(); ++i) {
    if (!is_checked(*item.kind, i)) continue;
    std::string value;
    if (item.kind->fields[i].is_compared()) {
      if (item.values[i] && !is_empty(*item.values[i])) append_json(value, *item.values[i]);
    } else {
      value = scope_text(item.values[i]);
    }
    append_part(bytes, value);
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace koobatch::state
