#pragma once
#include "cli/running/plan_output.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/limits.hpp"
#include "koobatch/plan/overview.hpp"
#include "koobatch/plan/plan_maker.hpp"
#include "koobatch/state/reader.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::cli {

/// A plan in the making, for the state in a file.
class PlanDraft {
 public:
  struct Settings {
    std::filesystem::path state;    ///< empty: it is opened later
    std::string endpoint{};         ///< as given; empty: what the state says
    std::string endpoint_origin{};  ///< for messages: "--endpoint"
    plan::Names names = plan::Names::unique;
    std::function<bool(const koodrive::ResourceKind& kind, std::string_view id)> selects{};  ///< empty: all
  };
  /// How a plan is judged before it is written.
  struct Rules {
    plan::Limits limits;
    std::optional<Duration> max_state_age{};
    std::string max_state_age_origin{};  ///< for messages: "--max-state-age"
  };

  /// Opens the state, if it is named, and the temporary file in which items are compared.
  static Result<PlanDraft> open(Settings settings);
  /// Opens the state in a file that messages call `name`.
  Result<void> open_state(const std::filesystem::path& file, std::string name);

  plan::PlanMaker& maker() { return *maker_; }
  /// Precondition: it is open.
  state::ItemReader& state() { return *state_; }
  const std::string& state_name() const { return state_name_; }

  /// Makes the plan, to be judged. Preconditions: the state was read to its end, the maker is finished.
  Result<plan::Overview> make(plan::PlanHeader::Desired desired, const plan::Limits& limits);
  /// Judges the plan, writes it if it is allowed, and shows what it does. The exit status if it is refused.
  Result<std::optional<int>> conclude(plan::Overview& overview, const Rules& rules, PlanOutput& output);

 private:
  explicit PlanDraft(Settings settings) : settings_(std::move(settings)) {}
  Result<std::string> find_endpoint() const;
  plan::PlanHeader::State describe_state() const;

  Settings settings_;
  std::string id_;
  std::string state_name_;
  std::unique_ptr<state::ItemReader> state_;
  std::unique_ptr<plan::PlanMaker> maker_;
};

}  // namespace koobatch::cli
