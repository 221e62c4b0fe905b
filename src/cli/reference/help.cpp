#include "cli/reference/help.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <cstddef>

namespace koobatch::cli {
namespace {

/// Explains where else options can be set, with one of this command's options as an example.
std::string other_sources(const std::vector<const Option*>& options) {
  std::string name = "log-format";
  std::string_view value = "json";
  std::string flags_only;
  for (const auto* option : options) {
    if (option->flag_only) {
      flags_only += fmt::format("{}--{}", flags_only.empty() ? " Only on the command line: " : ", ", option->name);
    } else if (option->name == "rate") {
      name = option->name;
      value = "500/s";
    }
  }
  return fmt::format(
      "Values in parentheses at the end are the defaults. Options can also be set in the environment\n"
      "({}={}) or in the configuration file ({} = \"{}\"): a flag wins over the environment, the\n"
      "environment over the file.{}\n\n",
      variable_name(name), value, name, value, flags_only.empty() ? "" : flags_only + ".");
}

}  // namespace

std::string help_footer(const Command& command) {
  const auto options = options_of(command);
  std::string text = options.empty() ? std::string() : other_sources(options);
  text += "Exit status:\n";
  std::size_t width = 10;
  for (const auto& exit : command.statuses) width = std::max(width, exit.status.size() + 2);
  for (const auto& exit : command.statuses) text += fmt::format("  {:<{}}{}\n", exit.status, width, exit.meaning);
  text += "\nExample:";
  for (const auto line : command.examples) text += fmt::format("\n  {}", line);
  return text;
}

std::string tidied(std::string help) {
  boost::algorithm::replace_all(help, "\n\n\n", "\n\n");
  boost::algorithm::replace_first(help, "\nUsage:", "\n\nUsage:");
  return help;
}

}  // namespace koobatch::cli
