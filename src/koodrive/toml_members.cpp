#include "koodrive/toml_members.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::koodrive {

void TomlProblems::add(const toml::source_position& place, std::string message) {
  if (any() && !(place < place_)) return;
  place_ = place;
  message_ = std::move(message);
}

std::optional<std::string> TomlProblems::first(const std::string& name) const {
  if (!any()) return std::nullopt;
  return fmt::format("{}:{}:{}: {}", name, place_.line, place_.column, message_);
}

std::vector<std::pair<std::string_view, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<toml::source_position, std::pair<std::string_view, const toml::node*>>> placed;
  for (const auto& [key, node] : table) placed.push_back({key.source().begin, {key.str(), &node}});
  std::ranges::stable_sort(placed, [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::pair<std::string_view, const toml::node*>> members;
  for (const auto& [place, member] : placed) members.push_back(member);
  return members;
}

const toml::node* TomlMembers::take(std::string_view name) {
  known_.emplace(name);
  return table_.get(name);
}

std::optional<std::string> TomlMembers::text(std::string_view name) {
  const auto* const node = take(name);
  if (node == nullptr) return std::nullopt;
  if (const auto* const text = node->as_string()) return text->get();
  refuse(name, "must be a text, in quotes");
  return std::nullopt;
}

std::optional<std::int64_t> TomlMembers::integer(std::string_view name) {
  const auto* const node = take(name);
  if (node == nullptr) return std::nullopt;
  if (const auto* const number = node->as_integer()) return number->get();
  refuse(name, "must be an integer");
  return std::nullopt;
}

std::optional<bool> TomlMembers::boolean(std::string_view name) {
  const auto* const node = take(name);
  if (node == nullptr) return std::nullopt;
  if (const auto* const boolean = node->as_boolean()) return boolean->get();
  refuse(name, "must be true or false");
  return std::nullopt;
}

std::vector<std::string> TomlMembers::texts(std::string_view name) {
  const auto* const node = take(name);
  if (node == nullptr) return {};
  std::vector<std::string> texts;
  const auto* const list = node->as_array();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto* const text = list->get(i)->as_string();
    if (text == nullptr) break;
    texts.push_back(text->get());
  }
  if (list == nullptr || texts.size() != list->size()) refuse(name, "must be a list of texts: [\"one\", \"two\"]");
  return texts;
}

const toml::table* TomlMembers::table(std::string_view name) {
  const auto* const node = take(name);
  if (node == nullptr) return nullptr;
  if (node->is_table()) return node->as_table();
  refuse(name, "must be a table");
  return nullptr;
}

void TomlMembers::refuse(std::string_view name, std::string_view why) {
  known_.emplace(name);
  const auto* const node = table_.get(name);
  problems_.add(node == nullptr ? table_ : *node, fmt::format("{}: {} {}", owner_, name, why));
}

void TomlMembers::require(std::string_view name, std::string_view what) {
  if (has(name)) return;  // its type is wrong, which has been reported
  known_.emplace(name);
  problems_.add(table_, fmt::format("{}: {} is missing: {}", owner_, name, what));
}

void TomlMembers::finish() {
  for (const auto& [key, node] : table_) {
    if (known_.contains(key.str())) continue;
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    const auto meant = nearest(key.str(), names);
    problems_.add(key.source().begin,
                  fmt::format("{}: unknown member {}{}", owner_, quote(key.str()),
                              meant.empty() ? std::string() : fmt::format("; did you mean {}?", meant)));
  }
}

}  // namespace koobatch::koodrive
