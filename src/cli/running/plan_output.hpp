#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/new_file.hpp"
#include "koobatch/plan/limits.hpp"
#include "koobatch/plan/overview.hpp"
#include "koobatch/plan/plan_maker.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::cli {

/// What commands that make or show a plan write, and where.
struct PlanDestinations {
  std::filesystem::path plan;  ///< each of the two files is optional; empty: not written
  std::filesystem::path html;
  bool json = false;
};

/// Writes a plan, whole or not at all, and shows what it does.
class PlanOutput {
 public:
  /// A usage error if a file exists already. To be called before the work begins, so that this is reported at once.
  static Result<PlanOutput> open(const PlanDestinations& destinations);

  /// Has the plan made again and writes it, if that is wanted. Adds the file to the overview.
  Result<void> write_plan(plan::PlanMaker& maker, plan::Overview& overview);
  /// Prints the overview to standard output, and writes the page if that is wanted.
  Result<void> show(const plan::Overview& overview);

 private:
  explicit PlanOutput(const PlanDestinations& destinations) : destinations_(destinations) {}

  PlanDestinations destinations_;
  std::optional<NewFile> plan_;
  std::optional<NewFile> page_;
};

/// Checks that no two files would be one.
Result<void> check_destinations(const PlanDestinations& destinations);

/// The name of a new plan: 16 random digits and letters.
std::string new_plan_id();

/// Prints why the plan is refused, and how that can be allowed if it is meant. Returns the exit status. `state`: the
/// name of the present state.
int refuse(const std::vector<plan::Breach>& breaches, const std::string& state);

}  // namespace koobatch::cli
