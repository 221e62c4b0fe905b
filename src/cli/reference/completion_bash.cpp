#include "cli/reference/completion.hpp"
#include "cli/reference/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace koobatch::cli {
namespace {

constexpr std::string_view script = R"(# Completes the command line of koobatch in bash. Made by: koobatch generate bash

_koobatch() {{
  local switches='--help' paths= values= words= arguments=() line=() word cut= i given=0
  # bash cuts words at :, = and @, too. Here they are whole again, up to the one that is to be completed.
  for word in "${{COMP_WORDS[@]:0:COMP_CWORD + 1}}"; do
    if [[ $word == +([:=@]) ]]; then
      line[-1]+=$word cut=1
    elif [[ -n $cut ]]; then
      line[-1]+=$word cut=
    else
      line+=("$word")
    fi
  done
  local current=${{line[-1]}} flag=${{line[-2]}} head=
  # What bash will replace is the end of it, from the last cut on.
  local keep=$current
  [[ -n $cut ]] || keep=${{current%"$word"}}
  if [[ $current == --*=* ]]; then
    flag=${{current%%=*}} current=${{current#*=}}
    head=$flag=
  fi
  COMPREPLY=()
  if ((${{#line[@]}} == 2)); then
    mapfile -t COMPREPLY < <(compgen -W '{commands} --help --version' -- "$current")
    return
  fi
  case ${{line[1]}} in
{cases}    *) return ;;
  esac
  if [[ " $paths " == *" $flag "* ]]; then
    words=PATH
  elif [[ " $values " == *" $flag "* ]]; then
    [[ -n $words ]] || return
  elif [[ $current != -* ]]; then
    for ((i = 2; i < ${{#line[@]}} - 1; i++)); do
      if [[ " $paths $values " == *" ${{line[i]}} "* ]]; then
        ((i += 1))
      elif [[ ${{line[i]}} != -?* ]]; then
        ((given += 1))
      fi
    done
    words=${{arguments[given > 0]}}
    [[ $words != ANY ]] || return
  fi
  if [[ $words == PATH ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -P "$head" -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -P "$head" -W "${{words:-$switches $paths $values}}" -- "$current")
  fi
  COMPREPLY=("${{COMPREPLY[@]#"$keep"}}")
}}

complete -F _koobatch koobatch
)";

/// PATH, the words to choose from, or ANY for values that cannot be completed.
std::string kind_of(const Argument& argument) {
  if (argument.is_path) return "PATH";
  return argument.words.empty() ? "ANY" : listed(argument.words, " ");
}

/// The kind of the first argument, and of those after it; '' where there is none.
std::string arguments_of(const Command& command) {
  std::array<std::string, 2> kinds;
  for (std::size_t i = 0; i < std::min(kinds.size(), command.arguments.size()); ++i) {
    kinds[i] = kind_of(command.arguments[i]);
  }
  return fmt::format("'{}' '{}'", kinds[0], kinds[1]);
}

std::string case_of(const Command& command) {
  std::string switches;
  std::string paths;
  std::string values;
  std::string choices;
  for (const auto* option : options_of(command)) {
    auto& list = option->is_switch() ? switches : option->store.is_path ? paths : values;
    list += fmt::format(" --{}", option->name);
    if (!option->store.words.empty()) {
      choices +=
          fmt::format("      [[ $flag != --{} ]] || words='{}'\n", option->name, listed(option->store.words, " "));
    }
  }
  return fmt::format(
      "    {})\n      switches+='{}'\n      paths='{}'\n      values='{}'\n{}      arguments=({})\n      ;;\n",
      command.name, switches, paths, values, choices, arguments_of(command));
}

}  // namespace

std::string bash_completion() {
  std::string cases;
  for (const auto* command : commands()) cases += case_of(*command);
  return fmt::format(script, fmt::arg("commands", names_of(commands(), " ")), fmt::arg("cases", cases));
}

}  // namespace koobatch::cli
