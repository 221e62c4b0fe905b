#include "koobatch/cli/completion.hpp"
#include "koobatch/cli/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/algorithm/string/replace.hpp>

#include <string>
#include <string_view>

namespace koobatch::cli {
namespace {

/// As a script it is sourced and names the function to complete with; in a folder of $fpath it is that function.
constexpr std::string_view script = R"(#compdef koobatch
# Completes the command line of koobatch in zsh. Made by: koobatch generate zsh

_koobatch() {{
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a verbs=(
{verbs}  )
  _arguments -C '(- *)'{{-h,--help}}'[This help]' '(- *)--version[The version]' '1:verb:->verb' '*::argument:->argument'
  if [[ $state == verb ]]; then
    _describe verb verbs
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

/// `text` within single quotes, where `special` characters mean something to the completion system.
std::string quoted(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || special.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  boost::algorithm::replace_all(out, "'", R"('\'')");
  return out;
}

/// What completes an argument. A blank shows its name and leaves the rest to the user.
std::string action_for(std::string_view argument) {
  if (is_path(argument)) return "_files";
  const auto words = words_of(argument);
  return words.empty() ? " " : fmt::format("({})", fmt::join(words, " "));
}

std::string value_of(std::string_view argument) {
  return fmt::format(":{}:{}", quoted(argument, ":"), action_for(argument));
}

std::string option_line(const OptionRow& row) {
  const std::string help = fmt::format("[{}]", quoted(row.help, "[]"));
  if (row.letter != 0) {
    return fmt::format("'(-{0} --{1})'{{-{0},--{1}}}'{2}'", row.letter, row.name, help);
  }
  if (row.is_switch()) return fmt::format("'--{}{}'", row.name, help);
  return fmt::format("'{}--{}={}{}'", row.repeatable ? "*" : "", row.name, help, value_of(row.argument));
}

std::string case_of(const VerbRow& verb) {
  std::string out = fmt::format("    {})\n      _arguments \\\n", verb.name);
  for (const auto* row : options_of(verb.verb)) out += fmt::format("        {} \\\n", option_line(*row));
  if (!verb.argument.empty()) out += fmt::format("        '1{}' \\\n", value_of(verb.argument));
  if (!verb.extra_name.empty()) out += fmt::format("        '*{}' \\\n", value_of(verb.extra_name));
  return out + "        '(- *)'{-h,--help}'[This help]'\n      ;;\n";
}

}  // namespace

std::string zsh_completion() {
  std::string verbs;
  std::string cases;
  for (const auto& verb : verb_table) {
    verbs += fmt::format("    '{}:{}'\n", verb.name, quoted(verb.summary, ":"));
    cases += case_of(verb);
  }
  return fmt::format(script, fmt::arg("verbs", verbs), fmt::arg("cases", cases));
}

}  // namespace koobatch::cli
