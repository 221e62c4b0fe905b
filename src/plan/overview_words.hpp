#pragma once
#include "koobatch/plan/overview.hpp"

#include <string>
#include <string_view>

// The wording of an overview, on a terminal and on a page. Foreign text in it is harmless to a terminal.

namespace koobatch::plan {

/// The reason as programs read it: "name_held".
std::string_view name_of(Finding::Reason reason);
/// For people: "another item has the name, and keeps it".
std::string_view describe(Finding::Reason reason);

/// What the plan does as a whole: "2 of 1,000 items to change".
std::string headline(const Overview& overview);
/// "shared_folder: 2 of 1,000 to change (name 2)"
std::string describe_kind(const Overview& overview, const KindCounts& counts);
/// Where the item is, and what hinders it: "line 7: shared_folder 17, name: ...".
std::string describe_finding(const Finding& finding);
/// The item of a line: "1757156480072657793 of user 42".
std::string describe_item(const PlanLine& line);
/// What a plan is made of, each with its name: state, desired, plan.
std::vector<std::pair<std::string_view, std::string>> facts_of(const Overview& overview);
/// "2026-11-21 17:00:00 UTC"
std::string describe(WallTime time);

/// A change of a field, and what else there is to say about it.
struct ShownSetting {
  std::string field;
  std::string was;
  std::string wanted;
  std::string note{};  ///< may be empty: "for the time being", "looks the same", "as it is, because it must be sent"
};
std::vector<ShownSetting> show_settings(const PlanLine& line);

}  // namespace koobatch::plan
