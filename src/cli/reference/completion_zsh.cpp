#include "cli/reference/completion.hpp"
#include "cli/reference/reference.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {
namespace {

/// When sourced, the script registers the completion function; in a folder of $fpath it is that function.
constexpr std::string_view script = R"(#compdef koobatch
# Completes the command line of koobatch in zsh. Made by: koobatch generate zsh

_koobatch() {{
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
{commands}  )
  _arguments -C '(- *)'{{-h,--help}}'[This help]' '(- *)--version[The version]' '1:command:->command' '*::argument:->argument'
  if [[ $state == command ]]; then
    _describe command commands
    return
  fi
  case $words[1] in
{cases}  esac
}}

if [[ ${{funcstack[1]}} == _koobatch ]]; then
  _koobatch "$@"
else
  compdef _koobatch koobatch
fi
)";

/// Quotes `text` with single quotes, and escapes `special` characters for the completion system.
std::string quoted(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || special.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  boost::algorithm::replace_all(out, "'", R"('\'')");
  return out;
}

/// The completion of a value: a path, one of the words, or nothing. A blank action shows its name and leaves the rest
/// to the user.
std::string value_of(std::string_view label, bool is_path, const std::vector<std::string_view>& words) {
  const std::string action = is_path ? "_files" : words.empty() ? " " : fmt::format("({})", listed(words, " "));
  return fmt::format(":{}:{}", quoted(label, ":"), action);
}

std::string option_line(const Option& option) {
  const std::string help = fmt::format("[{}]", quoted(help_with_default(option), "[]"));
  if (option.letter != 0) {
    return fmt::format("'(-{0} --{1})'{{-{0},--{1}}}'{2}'", option.letter, option.name, help);
  }
  if (option.is_switch()) return fmt::format("'--{}{}'", option.name, help);
  const Store& store = option.store;
  return fmt::format("'{}--{}={}{}'", store.is_list ? "*" : "", option.name, help,
                     value_of(store.label, store.is_path, store.words));
}

std::string case_of(const Command& command) {
  std::string out = fmt::format("    {})\n      _arguments \\\n", command.name);
  for (const auto* option : options_of(command)) out += fmt::format("        {} \\\n", option_line(*option));
  std::size_t number = 0;
  for (const auto& argument : command.arguments) {
    ++number;
    out += fmt::format("        '{}{}' \\\n", argument.repeated ? "*" : std::to_string(number),
                       value_of(argument.label(), argument.is_path, argument.words));
  }
  return out + "        '(- *)'{-h,--help}'[This help]'\n      ;;\n";
}

}  // namespace

std::string zsh_completion() {
  std::string descriptions;
  std::string cases;
  for (const auto* command : commands()) {
    descriptions += fmt::format("    '{}:{}'\n", command->name, quoted(command->summary, ":"));
    cases += case_of(*command);
  }
  return fmt::format(script, fmt::arg("commands", descriptions), fmt::arg("cases", cases));
}

}  // namespace koobatch::cli
