#include "koobatch/cli/validation.hpp"

#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/spool.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace koobatch::cli {
namespace {

void print_violation(const std::string& text) {
  observe::log::print(spdlog::level::err, text);
}

Result<job::Validation> validate_standard_input(job::ReaderSettings settings,
                                                const job::ViolationListener& on_violation) {
  auto spool = Spool::temporary();
  if (!spool) return spool.error();
  // A signal ends the process as ever: nothing is left behind.
  const auto filled = spool->fill(STDIN_FILENO, [] { return false; });
  if (!filled) return filled.error();
  settings.name = standard_input_name;
  return job::validate(spool->path(), settings, {}, on_violation);
}

}  // namespace

int validate_command(const Invocation& invocation) {
  const std::filesystem::path job = invocation.arguments.front();
  job::ReaderSettings reader;
  reader.require_user = false;
  const auto format = choose_format(invocation.options, job);
  if (!format) return fail(format.error());
  reader.format = *format;
  const bool from_standard_input = job == standard_input_argument;
  const bool list_all = invocation.options.presentation.verbose;
  const job::ViolationListener on_violation = list_all ? print_violation : job::ViolationListener();
  const auto validation = from_standard_input ? validate_standard_input(reader, on_violation)
                                              : job::validate(job, reader, {}, on_violation);
  if (!validation) return fail(validation.error());
  const std::string name = from_standard_input ? standard_input_name : job.string();
  if (validation->invalid > 0) {
    if (list_all) {
      observe::log::print(spdlog::level::err, count_violations(name, *validation));
    } else {
      print_violations(name, *validation, spdlog::level::err, "; -v lists all");
    }
    return exit_job_invalid;
  }
  const auto written =
      write_output(fmt::format("{}: {}, all valid\n", name, count_of(validation->operations, "operation")));
  return written ? exit_success : fail(written.error());
}

}  // namespace koobatch::cli
