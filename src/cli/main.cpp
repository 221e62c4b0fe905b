#include "koobatch/cli/main.hpp"

#include "koobatch/cli/command_line.hpp"
#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/core_dumps.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/log_format.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/recorded.hpp"
#include "koobatch/cli/schedule_lock.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/cli/standard_streams.hpp"
#include "koobatch/observe/console.hpp"
#include "koobatch/observe/log.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {
namespace {

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

/// Reads each configuration file once: it may be a pipe, and is asked again how to tell of an error.
class ReadOnce {
 public:
  Result<std::string> operator()(const std::filesystem::path& path) {
    const auto found = texts_.find(path);
    return found != texts_.end() ? found->second : texts_.emplace(path, read_config(path)).first->second;
  }

 private:
  std::map<std::filesystem::path, Result<std::string>> texts_;
};

/// A message of several lines is printed line by line: within one, a line break would be escaped as foreign.
int refuse(const Error& error) {
  const auto end = error.message.find('\n');
  const int status = fail({error.kind, error.message.substr(0, end)});
  if (end != std::string::npos) observe::log::print(spdlog::level::err, error.message.substr(end + 1));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const auto occupied = occupy_standard_streams();
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
  set_up_log({.log_format = log_format_wanted(arguments, variables, {})}, console);
  if (!occupied) return fail(occupied.error());
  try {
    ReadOnce config;
    const auto parsed = parse_command_line(arguments, variables, {std::ref(config), read_recorded});
    if (!parsed) {
      set_up_log({.log_format = log_format_wanted(arguments, variables, std::ref(config))}, console);
      return refuse(parsed.error());
    }
    if (const auto* information = std::get_if<Information>(&*parsed)) {
      const auto written = write_output(information->text);
      return written ? exit_success : fail(written.error());
    }
    const auto& invocation = std::get<Invocation>(*parsed);
    set_up_log(invocation.options.presentation, console);
    for (const auto& warning : invocation.warnings) spdlog::warn("{}", warning);
    for (const auto& setting : invocation.settings) observe::log::print(spdlog::level::debug, setting);
    if (contains(verbs_that_send, invocation.verb)) forbid_core_dumps();
    return under_lock(invocation.options.schedule, [&] { return execute(invocation, console); });
  } catch (const std::exception& bug) {
    return fail(fatal_error(std::string("unexpected: ") + bug.what()));
  }
}

}  // namespace koobatch::cli
