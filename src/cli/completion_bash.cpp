#include "koobatch/cli/completion.hpp"
#include "koobatch/cli/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

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
    mapfile -t COMPREPLY < <(compgen -W '{verbs} --help --version' -- "$current")
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

/// PATH, the words to choose from, or ANY: what nobody can guess.
std::string kind_of(std::string_view argument) {
  if (argument.empty()) return {};
  if (is_path(argument)) return "PATH";
  const auto words = words_of(argument);
  return words.empty() ? "ANY" : fmt::format("{}", fmt::join(words, " "));
}

/// What the first argument is, and what any after it are; '' where there is none.
std::string arguments_of(const VerbRow& verb) {
  return fmt::format("'{}' '{}'", kind_of(verb.argument), kind_of(verb.extra_name));
}

std::string case_of(const VerbRow& verb) {
  std::string switches;
  std::string paths;
  std::string values;
  std::string choices;
  for (const auto* row : options_of(verb.verb)) {
    auto& list = row->is_switch() ? switches : is_path(row->argument) ? paths : values;
    list += fmt::format(" --{}", row->name);
    if (const auto words = words_of(row->argument); !words.empty()) {
      choices += fmt::format("      [[ $flag != --{} ]] || words='{}'\n", row->name, fmt::join(words, " "));
    }
  }
  return fmt::format(
      "    {})\n      switches+='{}'\n      paths='{}'\n      values='{}'\n{}      arguments=({})\n      ;;\n",
      verb.name, switches, paths, values, choices, arguments_of(verb));
}

}  // namespace

std::string bash_completion() {
  std::string cases;
  std::vector<std::string_view> verbs;
  for (const auto& verb : verb_table) {
    verbs.push_back(verb.name);
    cases += case_of(verb);
  }
  return fmt::format(script, fmt::arg("verbs", fmt::join(verbs, " ")), fmt::arg("cases", cases));
}

}  // namespace koobatch::cli
