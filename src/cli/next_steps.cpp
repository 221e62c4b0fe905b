// Words the next steps that the code below the command line names as data.
#include "cli/next_steps.hpp"

#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace koobatch::cli {
namespace {

std::string flag(SettingName setting, std::string_view value) {
  return value.empty() ? fmt::format("--{}", to_string(setting)) : fmt::format("--{} {}", to_string(setting), value);
}

std::string with_settings(std::string line, const NextStep& step) {
  for (const auto& [setting, value] : step.settings) {
    line.append(" ").append(flag(setting, value.empty() ? value : shell_argument(value)));
  }
  return line;
}

/// In a form that a shell reads.
std::string command_line(const NextStep& step) {
  std::string line = fmt::format("koobatch {}", to_string(step.command));
  if (!step.report.empty()) line.append(" ").append(shell_argument(step.report));
  return with_settings(std::move(line), step);
}

std::string command_line_of_export(const NextStep& step) {
  return step.command == CommandName::resume ? with_settings("koobatch export …", step) : command_line(step);
}

}  // namespace

void use_command_line_spelling() {
  use_spelling({.setting = flag, .step = command_line});
}

void advise_export() {
  use_spelling({.setting = flag, .step = command_line_of_export});
}

}  // namespace koobatch::cli
