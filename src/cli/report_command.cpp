#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/report/summary.hpp"

namespace koobatch::cli {

int report_command(const Invocation& invocation) {
  const auto summary = report::summarize(invocation.arguments.front());
  if (!summary) return fail(summary.error());
  const auto style = output_style();
  const auto written =
      write_output(invocation.options.json ? report::summary_json(*summary) + "\n"
                                           : report::summary_text(*summary, style.colour, style.width));
  return written ? exit_success : fail(written.error());
}

}  // namespace koobatch::cli
