#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/limits.hpp"
#include "koobatch/plan/matches.hpp"
#include "koobatch/plan/planner.hpp"
#include "koobatch/state/item.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace koobatch::plan {

class ItemJoin;

/// Receives a plan as it is made.
class PlanVisitor {
 public:
  virtual ~PlanVisitor() = default;
  virtual Result<void> on_line(const PlanLine& line) = 0;
  virtual void on_finding(const Finding& finding) = 0;
};

/// Makes a plan of what is desired and what there is: first everything that is desired is added, then everything that
/// is there, and then the plan can be made, any number of times. Whatever the number of items, memory is that of the
/// largest group of names that must be unique. Deterministic: depends on neither time nor chance.
class PlanMaker {
 public:
  struct Settings {
    PlannerSettings planner;
    std::filesystem::path folder;  ///< where the temporary file is, up to 1000 bytes for each item
    /// Which of the desired items are planned; empty: all. The others are left as they are.
    std::function<bool(const koodrive::ResourceKind& kind, std::string_view id)> selects{};
  };

  /// The catalogue must outlive the maker and what it makes.
  static Result<std::unique_ptr<PlanMaker>> create(const koodrive::ResourceCatalogue& kinds, Settings settings);

  ~PlanMaker();

  /// How an item should be. One without identifier is looked for among the items that there are.
  Result<void> add_desired(const state::Entry& entry);
  /// An item of the present state.
  Result<void> add_present(const state::Item& item);
  /// Ends the adding. Returns the desired items that cannot be planned because several items are like them. An item
  /// that is desired twice is an error (job).
  Result<std::vector<Matches::Match>> finish();

  /// Makes the plan, and returns what it does of each kind.
  Result<std::vector<KindCounts>> plan(PlanVisitor& visitor);

  /// How many of the desired items were not selected.
  std::uint64_t unselected() const { return unselected_; }

 private:
  explicit PlanMaker(Settings settings);
  bool selects(const state::Item& item) const;
  Result<void> join_match(Matches::Match match, std::vector<Matches::Match>& ambiguous);

  const Settings settings_;
  std::unique_ptr<ItemJoin> join_;
  Matches matches_;
  std::vector<Finding> unmatched_;
  std::uint64_t unselected_ = 0;
  bool is_planned_ = false;
};

}  // namespace koobatch::plan
