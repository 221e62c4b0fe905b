#include "cli/running/job_files.hpp"

#include "koobatch/core/utf8.hpp"
#include "koobatch/koodrive/x_date.hpp"
#include "koobatch/process/spool.hpp"

#include <fmt/format.h>

#include <regex>
#include <system_error>

namespace koobatch::cli {
namespace {

/// "rename" for "jobs/rename.ndjson" and "jobs/rename.ndjson.gz".
std::string job_stem(const std::filesystem::path& job) {
  if (job == process::standard_input_argument) return "stdin";
  // Of "<(…)" the shell makes /dev/fd/63.
  if (job.parent_path() == "/dev/fd" || job.parent_path() == "/proc/self/fd") return "pipe";
  const auto uncompressed = job::without_compression(job);
  return (job::format_of(uncompressed) ? uncompressed : job).stem().string();
}

/// "rename" for "rename.report.ndjson", "rename.retry-2.report.ndjson" and "rename.verify-1.report.ndjson".
std::string report_stem(const std::filesystem::path& report) {
  static const std::regex endings(R"((\.(rest|retry|verify)-[0-9]+)?(\.report)?(\.ndjson)?$)");
  return std::regex_replace(report.filename().string(), endings, "", std::regex_constants::format_first_only);
}

/// Whether the format is known, or certainly cannot be, before the job is read.
bool tells_format(const JobFormat& given, const std::filesystem::path& job) {
  return given.format || job::format_of(job) || job == process::standard_input_argument;
}

/// The format that the first line of a copied job implies: pipes seldom have an extension.
Result<job::Format> format_of_copy(const std::filesystem::path& copy, const job::ReaderSettings& settings) {
  const auto detected = job::detect_format(copy, settings);
  if (!detected) return detected.error();
  if (*detected) return **detected;
  return usage_error(
      fmt::format("{}: neither its name nor its first line tells the format; give --format ndjson|csv", settings.name));
}

/// A plan is NDJSON by its name. A file that cannot be read is reported when the job is.
job::Format format_or_plan(job::Format format, const std::filesystem::path& job, const job::ReaderSettings& settings) {
  if (format != job::Format::ndjson || process::is_stream(job)) return format;
  const auto detected = job::detect_format(job, settings);
  return detected && *detected == job::Format::plan ? job::Format::plan : format;
}

/// Checks that no flag is about the columns of a job that has none.
Result<void> check_reading(const Origins& origins, job::Format format) {
  if (format == job::Format::csv) return {};
  // Set elsewhere than on the command line, it may be meant for another job.
  for (const auto* option : {"delimiter", "ignore-columns"}) {
    if (!origins.is_flag(option)) continue;
    return usage_error(fmt::format("{} is about the columns of CSV, and the job is NDJSON", origins[option]));
  }
  return {};
}

Result<void> adopt(const Result<job::Format>& format, job::ReaderSettings& settings, const Origins& origins) {
  if (!format) return format.error();
  settings.format = *format;
  return check_reading(origins, *format);
}

}  // namespace

Result<job::Format> choose_format(const JobFormat& given, const std::filesystem::path& job,
                                  const job::Reading& reading) {
  if (given.format) return *given.format;
  if (job == process::standard_input_argument) {
    return usage_error("standard input has no extension that tells the format; give --format ndjson|csv");
  }
  job::ReaderSettings settings;
  settings.reading = reading;
  if (const auto format = job::format_of(job)) return format_or_plan(*format, job, settings);
  const auto detected = job::detect_format(job, settings);
  // A folder, a missing file or a workbook: the extension is not what is wrong.
  if (!detected) return detected.error();
  if (*detected == job::Format::plan) return job::Format::plan;
  if (*detected) {
    return usage_error(fmt::format(
        "{}: the extension does not tell the format; by its first line it is {}: name the file .{}, or give --format "
        "{}",
        job.string(), **detected == job::Format::csv ? "CSV" : "NDJSON", to_string(**detected), to_string(**detected)));
  }
  return usage_error(
      fmt::format("{}: the extension does not tell the format; name the file .ndjson or .csv, or give "
                  "--format ndjson|csv",
                  job.string()));
}

Result<void> set_format(job::ReaderSettings& settings, const GivenJob& job) {
  if (process::is_stream(job.path) && !tells_format(job.format, job.path)) return {};
  return adopt(choose_format(job.format, job.path, settings.reading), settings, job.origins);
}

Result<void> set_format_of_copy(job::ReaderSettings& settings, const GivenJob& job, const std::filesystem::path& copy) {
  if (tells_format(job.format, job.path)) return {};
  return adopt(format_of_copy(copy, settings), settings, job.origins);
}

bool names_folder(const std::string& report) {
  std::error_code ignored;
  return report.ends_with('/') || std::filesystem::is_directory(report, ignored);
}

std::filesystem::path report_path(const std::string& report, const std::filesystem::path& job, WallTime now) {
  if (report.empty()) return job_stem(job) + ".report.ndjson";
  if (!names_folder(report)) return report;
  std::string date(koodrive::x_date_length, '\0');
  koodrive::write_x_date(now, date.data());
  return std::filesystem::path(report) / fmt::format("{}.{}.report.ndjson", job_stem(job), date);
}

Result<void> check_report_is_not_job(const std::filesystem::path& report, const std::filesystem::path& job) {
  std::error_code neither_exists;
  if (!std::filesystem::equivalent(report, job, neither_exists)) return {};
  return usage_error(fmt::format("--report {}: is the job itself; name another file for the results", report.string()));
}

std::string describe_unrecordable_name(const std::filesystem::path& job) {
  bool is_text = true;
  for_each_character(job.native(), [&](std::int32_t c, std::string_view) { is_text = is_text && c >= 0; });
  if (is_text) return {};
  return fmt::format(
      "{}: its name is not UTF-8, so the report cannot record it; 'koobatch resume', 'koobatch retry' and 'koobatch "
      "report --failed' need --job with that name",
      job.native());
}

std::filesystem::path further_report_path(const std::string& report, const std::filesystem::path& old,
                                          std::string_view what,
                                          const std::function<bool(const std::filesystem::path&)>& exists) {
  if (!report.empty() && !names_folder(report)) return report;
  const auto folder = report.empty() ? old.parent_path() : std::filesystem::path(report);
  const std::string stem = report_stem(old);
  for (unsigned n = 1;; ++n) {
    auto path = folder / fmt::format("{}.{}-{}.report.ndjson", stem, what, n);
    if (!exists(path)) return path;
  }
}

}  // namespace koobatch::cli
