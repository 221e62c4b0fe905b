#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/retry/lineage.hpp"

#include <filesystem>

/// What `retry`, `resume` of a retry and `report --failed` have in common: finding out what of a run to repeat.
namespace koobatch::cli {

/// A usage error if the job is not where it was. Said before job::validate() says it, with what to do.
Result<void> check_job_is_there(const std::filesystem::path& job);

/// Reads the job and selects what of it to repeat. Errors are those of job::open_job() and retry::select().
Result<retry::Selection> select_operations(const std::filesystem::path& job, const job::ReaderSettings& reader,
                                           retry::LineStates states);

/// ", 1 of them without the fields newer ones have set; 2 left out, superseded by newer ones": empty if nothing was.
std::string describe_left_out(const retry::Selection& selection);

/// What of the report at `path` a retry repeats: `failed` and `unknown`. What was rejected would only be rejected
/// again. A usage error if the run is not finished: what it has still to send comes after what failed.
Result<retry::Lineage> read_retryable(const std::filesystem::path& path);

/// Makes a run of the whole job one that repeats what `lineage`, of the report at `path`, wants of it.
Result<void> select_part(engine::RunSettings& settings, job::Validation& validation, retry::Lineage lineage,
                         const std::filesystem::path& path);

/// Selects again what a retry that goes on selected when it was begun; does nothing for other runs. The parent's report
/// decides, which no longer changes once it is finished. A usage error if it decides otherwise now.
Result<void> select_again(engine::RunSettings& settings, job::Validation& validation,
                          const report::RunRecord& recorded);

}  // namespace koobatch::cli
