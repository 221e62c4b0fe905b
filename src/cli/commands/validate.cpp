#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/oddities.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/validation.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/spool.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  JobFormat format;
  job::Reading reading;
  job::ValueTreatment values;
  OperationsOption operations;

  auto parts() { return std::tie(presentation, format, reading, values, operations); }
};

void print_violation(const std::string& text) {
  observe::log::print(spdlog::level::err, text);
}

Result<job::Validation> validate_stream(const GivenJob& job, job::ReaderSettings settings,
                                        const job::ViolationListener& on_violation) {
  auto spool = process::Spool::temporary(settings.name);
  if (!spool) return spool.error();
  const auto stream = process::open_stream(job.path);
  if (!stream) return stream.error();
  // A signal may kill the process: the temporary spool leaves nothing behind.
  const auto filled = spool->fill(stream->get(), [] { return false; });
  if (!filled) return filled.error();
  if (auto ok = set_format_of_copy(settings, job, spool->path()); !ok) return ok.error();
  return job::validate(spool->path(), settings, {}, on_violation);
}

/// `operations`: those the job may hold. What is found refers to them.
Result<job::Validation> validate(const std::filesystem::path& job, const Settings& given, const Call& call,
                                 const koodrive::OperationCatalogue& operations,
                                 const job::ViolationListener& on_violation) {
  job::ReaderSettings reader;
  reader.require_user = false;
  reader.reading = given.reading;
  reader.values = given.values;
  reader.catalogue = &operations;
  const GivenJob given_job{job, given.format, call.origins};
  if (auto ok = set_format(reader, given_job); !ok) return ok.error();
  if (!process::is_stream(job)) return job::validate(job, reader, {}, on_violation);
  reader.name = process::stream_name(job);
  return validate_stream(given_job, reader, on_violation);
}

int run(const Settings& given, const Call& call) {
  const std::filesystem::path job = call.arguments.front();
  const bool list_all = given.presentation.verbose;
  const auto operations = operations_for(given.operations.operations);
  if (!operations) return fail(operations.error());
  const auto validation =
      validate(job, given, call, **operations, list_all ? print_violation : job::ViolationListener());
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
