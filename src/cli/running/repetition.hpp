#pragma once
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/retry/lineage.hpp"

#include <filesystem>

/// Finds out what of a run to repeat, for `retry`, `resume` of a retry and `report --failed`.
namespace koobatch::cli {

/// The same error, if it was one of usage: of a report, or of the job that was run.
Error as_invalid(Error error);

/// A usage error if the job is no longer where it was. Checked before job::validate(), so that the message says what to
/// do.
Result<void> check_job_is_there(const std::filesystem::path& job);

/// Reads the job and selects the operations to repeat. Errors are those of job::open_job() and retry::select().
Result<retry::Selection> select_operations(const std::filesystem::path& job, const job::ReaderSettings& reader,
                                           retry::LineStates states);

/// Warns of results that may be of operations the job never had. A usage error if some certainly are: the report then
/// says nothing about those lines of the job, so that neither sending the rest nor repeating a part is safe.
/// `verified`: whether all segments verified their job, so that nothing has to be examined. `reader` expects what was
/// validated.
Result<void> check_provenance(const std::filesystem::path& report, bool verified, const std::filesystem::path& job,
                              const job::ReaderSettings& reader);

/// Prepares a further run, or segment, of the job that the report at `path` is about: credentials, operations, and
/// that the job is still what it was. `recorded`: its `run` line; `verified`: see check_provenance().
Result<job::Validation> reopen_job(engine::RunSettings& settings, const std::filesystem::path& path,
                                   const report::RunRecord& recorded, bool verified, const Origins& origins);

/// ", 1 of them without the fields newer ones have set; 2 left out, superseded by newer ones": empty if nothing was.
std::string describe_left_out(const retry::Selection& selection);

/// Reads what a retry of the report at `path` repeats: `failed` and `unknown`. Rejected operations would only be
/// rejected again. A usage error if the run is not finished: what it has not sent yet must come before a repetition.
Result<retry::Lineage> read_retryable(const std::filesystem::path& path);

/// Restricts a run of the whole job to what `lineage`, of the report at `path`, wants repeated.
Result<void> select_part(engine::RunSettings& settings, retry::Lineage lineage, const std::filesystem::path& path);

/// Restricts a run of the whole job to the selection, which is of the run that the report at `path` records.
void restrict_to(engine::RunSettings& settings, retry::Selection selection, const report::RunRecord& recorded,
                 const std::filesystem::path& path);

/// Repeats the selection with which a resumed retry was begun; does nothing for other runs. The selection depends on
/// the parent's report, which no longer changes once it is finished. A usage error if the result differs now.
Result<void> select_again(engine::RunSettings& settings, const report::RunRecord& recorded);

}  // namespace koobatch::cli
