#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::koodrive {

/// What the rows and kinds of a file point to. Deques never move their elements, so views remain valid.
struct OperationTexts {
  std::deque<std::string> texts;
  std::deque<std::vector<std::string_view>> lists;
  std::deque<std::vector<NamedNumber>> numbers;
  std::deque<std::vector<std::int64_t>> plain_numbers;
  std::deque<std::vector<std::uint16_t>> statuses;
  std::deque<std::vector<RepeatCondition>> conditions;
  std::deque<std::vector<FieldRow>> field_rows;
  std::deque<std::vector<ResourceField>> resource_fields;
  std::deque<std::vector<ResourceList>> resource_lists;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
  std::span<const std::string_view> keep(const std::vector<std::string>& list) {
    std::vector<std::string_view> views;
    for (const auto& text : list) views.push_back(keep(text));
    return lists.emplace_back(std::move(views));
  }
};

}  // namespace koobatch::koodrive
