#include "koobatch/state/value.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/unicode_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::state {
namespace {

using Texts = std::vector<std::string>;

/// The items of a list as a set, sorted.
Texts as_set(Texts items) {
  std::ranges::sort(items);
  const auto [from, to] = std::ranges::unique(items);
  items.erase(from, to);
  return items;
}

Texts composed(Texts items) {
  for (auto& item : items) item = koobatch::composed(item);
  return items;
}

void append_list(std::string& out, const Texts& items) {
  out.push_back('[');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, items[i]);
  }
  out.push_back(']');
}

}  // namespace

bool is_empty(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty();
  if (const auto* list = std::get_if<Texts>(&value)) return list->empty();
  return false;
}

bool is_same(const Value& a, const Value& b) {
  if (a == b) return true;
  const auto* const x = std::get_if<Texts>(&a);
  const auto* const y = std::get_if<Texts>(&b);
  return x != nullptr && y != nullptr && as_set(*x) == as_set(*y);
}

bool looks_same(const Value& a, const Value& b) {
  if (is_same(a, b)) return false;
  const auto* const text = std::get_if<std::string>(&a);
  const auto* const other = std::get_if<std::string>(&b);
  if (text != nullptr && other != nullptr) return koobatch::composed(*text) == koobatch::composed(*other);
  const auto* const x = std::get_if<Texts>(&a);
  const auto* const y = std::get_if<Texts>(&b);
  return x != nullptr && y != nullptr && as_set(composed(*x)) == as_set(composed(*y));
}

void append_json(std::string& out, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_json_string(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.append(fmt::format_int(*number).c_str());
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    out.append(*boolean ? "true" : "false");
  } else if (const auto* list = std::get_if<Texts>(&value)) {
    append_list(out, *list);
  } else {
    out.append(std::get<Json>(value).text);
  }
}

std::string describe(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quote(*text);
  if (const auto* list = std::get_if<Texts>(&value)) {
    std::string out = "[";
    for (const auto& item : *list) out += (out.size() > 1 ? ", " : "") + quote(item);
    return out + "]";
  }
  std::string json;
  append_json(json, value);
  return std::holds_alternative<Json>(value) ? quote(json) : json;
}

}  // namespace koobatch::state
