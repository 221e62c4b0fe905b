#include "koobatch/cli/main.hpp"

#include "cli/command_line.hpp"
#include "cli/exit_status.hpp"
#include "cli/next_steps.hpp"
#include "cli/output.hpp"
#include "cli/settings/config_file.hpp"
#include "cli/settings/log_format.hpp"
#include "cli/settings/proxy_variables.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/observe/console.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/core_dumps.hpp"
#include "koobatch/process/signals.hpp"
#include "koobatch/process/standard_streams.hpp"

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
#include <system_error>
#include <vector>

namespace koobatch::cli {
namespace {

/// The variables that matter to koobatch: its own, and those that name a proxy to other programs.
Environment relevant_variables() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    if (!text.starts_with("KOOBATCH_") && !is_proxy_variable(text.substr(0, equals))) continue;
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

/// Reads each configuration file once: it may be a pipe, and is needed again to choose the format of an error.
class ReadOnce {
 public:
  Result<std::string> operator()(const std::filesystem::path& path) {
    const auto found = texts_.find(path);
    return found != texts_.end() ? found->second : texts_.emplace(path, read_config(path)).first->second;
  }

 private:
  std::map<std::filesystem::path, Result<std::string>> texts_;
};

/// A message of several lines is printed line by line: the log would escape a line break in it as foreign text.
int refuse(const Error& error) {
  const auto end = error.message.find('\n');
  const int status = fail({error.kind, error.message.substr(0, end)});
  if (end != std::string::npos) observe::log::print(spdlog::level::err, error.message.substr(end + 1));
  return status;
}

int run(Invocation invocation, const std::shared_ptr<observe::Console>& console) {
  const auto* presentation = invocation.find<Presentation>();
  set_up_log(presentation == nullptr ? Presentation() : *presentation, console);
  for (const auto& warning : invocation.warnings) spdlog::warn("{}", warning);
  for (const auto& setting : invocation.settings) observe::log::print(spdlog::level::debug, setting);
  if (invocation.command->sends) process::forbid_core_dumps();
  invocation.call.console = console;
  return invocation.task->run(invocation.call);
}

}  // namespace

int main(int argc, char** argv) {
  use_command_line_spelling();
  const auto occupied = process::occupy_standard_streams();
  // A closed pipe or connection makes the write fail, where the error can be handled.
  ::signal(SIGPIPE, SIG_IGN);
  // Likewise a file size limit: the write fails as on a full disk.
  ::signal(SIGXFSZ, SIG_IGN);
  // The parent process may have ignored it; the exit status of programs that we start would be unknown then.
  ::signal(SIGCHLD, SIG_DFL);
  process::defer_questions();
  const auto console = std::make_shared<observe::Console>(STDERR_FILENO);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const Environment variables = relevant_variables();
  set_up_log({.log_format = log_format_wanted(arguments, variables, {})}, console);
  if (!occupied) return fail(occupied.error());
  try {
    ReadOnce config;
    auto parsed = parse_command_line(arguments, variables, {std::ref(config), read_recorded});
    if (!parsed) {
      set_up_log({.log_format = log_format_wanted(arguments, variables, std::ref(config))}, console);
      return refuse(parsed.error());
    }
    if (const auto* information = std::get_if<Information>(&*parsed)) {
      const auto written = write_output(information->text);
      return written ? exit_success : fail(written.error());
    }
    return run(std::get<Invocation>(std::move(*parsed)), console);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) {
      return fail(fatal_error(std::string("unexpected: ") + error.what()));
    }
    return fail(fatal_error(
        "no further thread can be started; raise the limit on processes (ulimit -u, or that of the container)"));
  } catch (const std::exception& bug) {
    return fail(fatal_error(std::string("unexpected: ") + bug.what()));
  }
}

}  // namespace koobatch::cli
