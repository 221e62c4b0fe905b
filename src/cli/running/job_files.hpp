#pragma once
#include "cli/settings/setting.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// The given format, or else the one that the extension implies. Otherwise the error says what the file seems to be.
Result<job::Format> choose_format(const JobFormat& given, const std::filesystem::path& job,
                                  const job::Reading& reading = {});

/// A job on the command line, and how its format may be given there.
struct GivenJob {
  const std::filesystem::path& path;
  const JobFormat& format;
  const Origins& origins;
};
/// Sets the format of the job, and checks that the flags suit it. Leaves that of a stream open if neither a setting nor
/// the name determines it: see set_format_of_copy().
Result<void> set_format(job::ReaderSettings& settings, const GivenJob& job);
/// Sets the format of a stream, if set_format() left it open, by the first line of its copy.
Result<void> set_format_of_copy(job::ReaderSettings& settings, const GivenJob& job, const std::filesystem::path& copy);

/// Whether --report names only the folder for the report, and not the report itself.
bool names_folder(const std::string& report);

/// The path of the report: FILE as given; for DIR/, an existing folder, or an empty --report, a name derived from the
/// job's.
std::filesystem::path report_path(const std::string& report, const std::filesystem::path& job, WallTime now);

/// A usage error if the new report would have the job's name.
Result<void> check_report_is_not_job(const std::filesystem::path& report, const std::filesystem::path& job);

/// Why a later run will not find the job by what the report records; empty: it will. A report is UTF-8, and names of
/// files need not be.
std::string describe_unrecordable_name(const std::filesystem::path& job);

/// The path of the report of a run about another run: FILE as given; otherwise the first free name derived from the
/// old report's and what is done (`retry`): x.report.ndjson and x.retry-1.report.ndjson give x.retry-2.report.ndjson,
/// in DIR/ or beside the old one. `exists` reports whether a name is taken.
std::filesystem::path further_report_path(const std::string& report, const std::filesystem::path& old,
                                          std::string_view what,
                                          const std::function<bool(const std::filesystem::path&)>& exists);

}  // namespace koobatch::cli
