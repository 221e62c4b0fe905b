// Words the next steps that the code below the command line names as data.
#include "cli/next_steps.hpp"

#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
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
  // What it read and where it wrote is in no report.
  if (step.command == CommandName::export_) line.append(" …");
  if (!step.report.empty()) line.append(" ").append(shell_argument(step.report));
  return with_settings(std::move(line), step);
}

// Set before other threads start.
std::string_view command_in_progress;
std::string_view place_of_report;

std::string flag_or_place(SettingName setting, std::string_view value) {
  return setting == SettingName::report ? std::string(place_of_report) : flag(setting, value);
}

std::string same_command_line(const NextStep& step) {
  if (step.command != CommandName::resume && step.command != CommandName::export_) return command_line(step);
  return with_settings(fmt::format("{} …", command_in_progress), step);
}

}  // namespace

void use_command_line_spelling() {
  use_spelling({.setting = flag, .step = command_line});
}

void advise_again(std::string_view command, std::string_view place) {
  command_in_progress = command;
  place_of_report = place;
  use_spelling({.setting = flag_or_place, .step = same_command_line});
}

}  // namespace koobatch::cli
