#include "koobatch/cli/validation.hpp"

#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>

namespace koobatch::cli {

int validate_command(const Invocation& invocation) {
  const std::filesystem::path job = invocation.arguments.front();
  job::ReaderSettings reader;
  reader.require_user = false;
  const auto format = choose_format(invocation.options, job);
  if (!format) return fail(format.error());
  reader.format = *format;
  const auto validation = job::validate(job, reader);
  if (!validation) return fail(validation.error());
  if (validation->invalid > 0) {
    print_violations(job, *validation, spdlog::level::err);
    return exit_job_invalid;
  }
  const auto written =
      write_output(fmt::format("{}: {}, all valid\n", job.string(), count_of(validation->operations, "operation")));
  return written ? exit_success : fail(written.error());
}

}  // namespace koobatch::cli
