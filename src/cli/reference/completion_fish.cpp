#include "cli/reference/completion.hpp"
#include "cli/reference/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {
namespace {

constexpr std::string_view head = R"(# Completes the command line of koobatch in fish. Made by: koobatch generate fish

function __koobatch_command_is
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

function __koobatch_command_is_missing
    set -l words (commandline -opc)
    not set -q words[2]
end

complete -c koobatch -f
complete -c koobatch -s h -l help -d 'This help'
complete -c koobatch -n __koobatch_command_is_missing -l version -d 'The version'
)";

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

std::string condition(const std::vector<const Command*>& commands) {
  return fmt::format("-n '__koobatch_command_is {}'", names_of(commands, " "));
}

/// Flags for the kind of value: -r any value, -F also a path, -x only the words.
std::string value_flags(const Store& store) {
  if (store.is_path) return " -r -F";
  return store.words.empty() ? " -x" : fmt::format(" -x -a '{}'", listed(store.words, " "));
}

std::string option_line(const Option& option) {
  return fmt::format("complete -c koobatch {}{} -l {}{} -d {}\n", condition(commands_with(option)),
                     option.letter == 0 ? "" : fmt::format(" -s {}", option.letter), option.name,
                     option.is_switch() ? "" : value_flags(option.store), in_quotes(help_with_default(option)));
}

std::string command_lines(const Command& command) {
  std::string out = fmt::format("complete -c koobatch -n __koobatch_command_is_missing -a {} -d {}\n", command.name,
                                in_quotes(command.summary));
  const auto& arguments = command.arguments;
  if (std::any_of(arguments.begin(), arguments.end(), [](const Argument& a) { return a.is_path; })) {
    out += fmt::format("complete -c koobatch {} -F\n", condition({&command}));
  }
  for (const auto& argument : arguments) {
    if (argument.words.empty()) continue;
    out += fmt::format("complete -c koobatch {} -a '{}'\n", condition({&command}), listed(argument.words, " "));
  }
  return out;
}

}  // namespace

std::string fish_completion() {
  std::string out(head);
  for (const auto* command : commands()) out += command_lines(*command);
  for (const auto* option : every_option()) out += option_line(*option);
  return out;
}

}  // namespace koobatch::cli
