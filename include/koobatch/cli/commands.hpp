#pragma once
#include "koobatch/cli/command_line.hpp"
#include "koobatch/observe/console.hpp"

#include <memory>

/// The verbs, each in a file of its own. They print results to standard output, everything else to standard error, and
/// return the exit status.
namespace koobatch::cli {

int run_command(const Invocation& invocation, std::shared_ptr<observe::Console> console);
int resume_command(const Invocation& invocation, std::shared_ptr<observe::Console> console);
int retry_command(const Invocation& invocation, std::shared_ptr<observe::Console> console);
int validate_command(const Invocation& invocation);
int report_command(const Invocation& invocation);
int simulate_command(const Invocation& invocation);
int bench_command(const Invocation& invocation);
int trace_command(const Invocation& invocation);
int status_command(const Invocation& invocation);
int set_command(const Invocation& invocation);
int generate_command(const Invocation& invocation);

}  // namespace koobatch::cli
