#pragma once
#include "cli/settings/setting.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/report/reader.hpp"

#include <filesystem>
#include <optional>
#include <string>

/// A plan as a job.
namespace koobatch::cli {

/// What a plan must be so that it is carried out.
struct PlanApproval {
  std::string expected;             ///< its digest, or the beginning of it; empty: any
  std::optional<Duration> max_age;  ///< nothing: what the plan itself says
};

/// If the job is a plan: reads it to its end, checks that it is as it was made, and may be carried out now, and records
/// it in the settings. Otherwise checks that nothing was demanded of a plan. Precondition: the job was validated, and
/// its fingerprint is expected.
Result<void> admit_plan(engine::RunSettings& settings, const PlanApproval& approval, const Origins& origins,
                        WallTime now);
/// Likewise for a further run, or segment, of a plan that was admitted before: it may have become too old, and the
/// endpoint may be another one.
Result<void> readmit_plan(engine::RunSettings& settings, const PlanTreatment& given, WallTime now);
/// If the job is a plan: has its items read before, and some after, they are changed. Otherwise has them read before,
/// if that is to be captured.
void read_items(engine::RunSettings& settings, const Running& given);

/// If the job is a plan: has its operations given up that depend on unfulfilled ones, as an earlier segment would have.
/// `scan`: of the report.
Result<void> recall_dependencies(engine::RunSettings& settings, const std::filesystem::path& report,
                                 const report::Scan& scan);

}  // namespace koobatch::cli
