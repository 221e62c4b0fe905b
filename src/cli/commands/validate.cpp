#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/oddities.hpp"
#include "cli/running/validation.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/spool.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <tuple>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  JobFormat format;
  job::Reading reading;
  job::ValueTreatment values;

  auto parts() { return std::tie(presentation, format, reading, values); }
};

void print_violation(const std::string& text) {
  observe::log::print(spdlog::level::err, text);
}

Result<job::Validation> validate_stream(const std::filesystem::path& job, const Settings& given, const Call& call,
                                        job::ReaderSettings settings, const job::ViolationListener& on_violation) {
  auto spool = process::Spool::temporary(settings.name);
  if (!spool) return spool.error();
  const auto stream = process::open_stream(job);
  if (!stream) return stream.error();
  // A signal may kill the process: the temporary spool leaves nothing behind.
  const auto filled = spool->fill(stream->get(), [] { return false; });
  if (!filled) return filled.error();
  if (!tells_format(given.format, job)) {
    const auto format = format_of_copy(spool->path(), settings);
    if (!format) return format.error();
    if (auto ok = check_reading(call.origins, *format); !ok) return ok.error();
    settings.format = *format;
  }
  return job::validate(spool->path(), settings, {}, on_violation);
}

Result<job::Validation> validate(const std::filesystem::path& job, const Settings& given, const Call& call,
                                 const job::ViolationListener& on_violation) {
  const bool is_stream = process::is_stream(job);
  job::ReaderSettings reader;
  reader.require_user = false;
  reader.reading = given.reading;
  reader.values = given.values;
  if (!is_stream || tells_format(given.format, job)) {
    const auto format = choose_format(given.format, job, given.reading);
    if (!format) return format.error();
    if (auto ok = check_reading(call.origins, *format); !ok) return ok.error();
    reader.format = *format;
  }
  if (!is_stream) return job::validate(job, reader, {}, on_violation);
  reader.name = process::stream_name(job);
  return validate_stream(job, given, call, reader, on_violation);
}

int run(const Settings& given, const Call& call) {
  const std::filesystem::path job = call.arguments.front();
  const bool list_all = given.presentation.verbose;
  const auto validation = validate(job, given, call, list_all ? print_violation : job::ViolationListener());
  if (!validation) return fail(validation.error());
  const std::string name = process::stream_name(job);
  print_notes(name, *validation);
  print_oddities(name, *validation);
  if (validation->violations > 0) {
    if (list_all) {
      observe::log::print(spdlog::level::err, count_violations(name, *validation));
      print_hint(name, *validation, spdlog::level::err);
    } else {
      print_violations(name, *validation, spdlog::level::err, "; -v lists all");
    }
    return exit_job_invalid;
  }
  const auto written =
      write_output(fmt::format("{}: {}, all valid\n", harmless(name), count_of(validation->operations, "operation")));
  return written ? exit_success : fail(written.error());
}

}  // namespace

const Command& validate_command() {
  static const Command command = {
      .name = "validate",
      .summary = "Check every operation of a job, and send nothing",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "JOB",
                     .help = "The job file or pipe: NDJSON or CSV, also gzip or zstd; - is standard input",
                     .is_path = true}},
      .examples = {"koobatch validate jobs/rename.ndjson"},
      .statuses = {{"0", "every operation is valid"}, exits::usage, exits::job_invalid, exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
