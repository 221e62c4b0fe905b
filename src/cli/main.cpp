#include "koobatch/cli/main.hpp"

#include "koobatch/cli/command_line.hpp"
#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/core_dumps.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/recorded.hpp"
#include "koobatch/cli/schedule_lock.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/observe/console.hpp"
#include "koobatch/observe/log.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {
namespace {

constexpr Verbs verbs_with_secrets = only(Verb::run) | only(Verb::resume) | only(Verb::retry) | only(Verb::bench);

Environment koobatch_variables() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (!text.starts_with("KOOBATCH_") || equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

void set_up_log(const Presentation& presentation, const std::shared_ptr<observe::Console>& console) {
  const auto level = presentation.quiet     ? spdlog::level::err
                     : presentation.verbose ? spdlog::level::debug
                                            : spdlog::level::info;
  observe::log::setup({presentation.log_format, level}, console);
}

/// How to tell of a command line that cannot be understood: as it seems to want it.
observe::log::Format format_wanted(const std::vector<std::string>& arguments, const Environment& variables) {
  const auto variable = variables.find("KOOBATCH_LOG_FORMAT");
  std::string_view format = variable == variables.end() ? std::string_view() : variable->second;
  constexpr std::string_view flag = "--log-format";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == flag && i + 1 < arguments.size()) format = arguments[i + 1];
    if (argument.starts_with(flag) && argument.substr(flag.size()).starts_with('=')) {
      format = argument.substr(flag.size() + 1);
    }
  }
  return format == "json" ? observe::log::Format::json : observe::log::Format::text;
}

int execute(const Invocation& invocation, const std::shared_ptr<observe::Console>& console) {
  switch (invocation.verb) {
    case Verb::run:
      return run_command(invocation, console);
    case Verb::resume:
      return resume_command(invocation, console);
    case Verb::retry:
      return retry_command(invocation, console);
    case Verb::validate:
      return validate_command(invocation);
    case Verb::report:
      return report_command(invocation);
    case Verb::simulate:
      return simulate_command(invocation);
    case Verb::bench:
      return bench_command(invocation);
    case Verb::trace:
      return trace_command(invocation);
    case Verb::status:
      return status_command(invocation);
    case Verb::set:
      return set_command(invocation);
    case Verb::generate:
      return generate_command(invocation);
  }
  return exit_usage;
}

/// A message of several lines is printed line by line: within one, a line break would be escaped as foreign.
int refuse(const Error& error) {
  const auto end = error.message.find('\n');
  const int status = fail({error.kind, error.message.substr(0, end)});
  if (end != std::string::npos) observe::log::print(spdlog::level::err, error.message.substr(end + 1));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  // Who closed a pipe or a connection is told by the failing write, where it can be handled.
  ::signal(SIGPIPE, SIG_IGN);
  // So is a file size limit: the write says what a full disk would.
  ::signal(SIGXFSZ, SIG_IGN);
  // Who started us may ignore it, and nobody would be told how a program has ended that we start.
  ::signal(SIGCHLD, SIG_DFL);
  defer_questions();
  const auto console = std::make_shared<observe::Console>(STDERR_FILENO);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const Environment variables = koobatch_variables();
  set_up_log({.log_format = format_wanted(arguments, variables)}, console);
  try {
    const auto parsed = parse_command_line(arguments, variables, {read_config, read_recorded});
    if (!parsed) return refuse(parsed.error());
    if (const auto* information = std::get_if<Information>(&*parsed)) {
      const auto written = write_output(information->text);
      return written ? exit_success : fail(written.error());
    }
    const auto& invocation = std::get<Invocation>(*parsed);
    set_up_log(invocation.options.presentation, console);
    for (const auto& warning : invocation.warnings) spdlog::warn("{}", warning);
    for (const auto& setting : invocation.settings) observe::log::print(spdlog::level::debug, setting);
    if ((only(invocation.verb) & verbs_with_secrets) != 0) forbid_core_dumps();
    return under_lock(invocation.options.schedule, [&] { return execute(invocation, console); });
  } catch (const std::exception& bug) {
    return fail(fatal_error(std::string("unexpected: ") + bug.what()));
  }
}

}  // namespace koobatch::cli
