#pragma once
#include "cli/settings/setting.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::plan {
class Rechecks;
}

/// A plan as a job.
namespace koobatch::cli {

/// What a plan must be so that it is carried out.
struct PlanApproval {
  std::string expected;             ///< its digest, or the beginning of it; empty: any
  std::optional<Duration> max_age;  ///< nothing: what the plan itself says
};

/// If the job is a plan: reads it to its end, checks that it is as it was made, and may be carried out now, and records
/// it in the settings. Otherwise checks that nothing was demanded of a plan.
Result<void> admit_plan(engine::RunSettings& settings, const PlanApproval& approval, const Origins& origins,
                        WallTime now);
/// If the job is a plan: has its items read before, and some after, they are changed. Null: it is not a plan.
std::shared_ptr<plan::Rechecks> recheck_items(engine::RunSettings& settings, const PlanTreatment& given);

/// Has the operations of the plan that depend on unfulfilled ones left out, as an earlier segment would have.
Result<void> recall_dependencies(const engine::RunSettings& settings, const std::filesystem::path& report,
                                 plan::Rechecks& rechecks);

}  // namespace koobatch::cli
