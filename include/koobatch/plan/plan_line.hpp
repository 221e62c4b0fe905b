#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/comparison.hpp"
#include "koobatch/state/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::plan {

/// A line of a plan: an operation, and what it changes.
struct PlanLine {
  std::uint64_t n = 0;  ///< the lines are numbered from 1
  const koodrive::ResourceKind* kind = nullptr;
  const koodrive::OperationRow* operation = nullptr;
  std::string id;
  std::string user_id;
  std::vector<Step::Setting> settings;
  std::optional<std::uint64_t> needs{};  ///< the line that must have succeeded before
  bool is_temporary = false;             ///< the name that it sets is not the one that is wanted
};

}  // namespace koobatch::plan
