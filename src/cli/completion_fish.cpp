#include "koobatch/cli/completion.hpp"
#include "koobatch/cli/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

namespace koobatch::cli {
namespace {

constexpr std::string_view head = R"(# Completes the command line of koobatch in fish. Made by: koobatch generate fish

function __koobatch_verb_is
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

function __koobatch_verb_is_missing
    set -l words (commandline -opc)
    not set -q words[2]
end

complete -c koobatch -f
complete -c koobatch -s h -l help -d 'This help'
complete -c koobatch -n __koobatch_verb_is_missing -l version -d 'The version'
)";

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

std::string condition(Verbs verbs) {
  return fmt::format("-n '__koobatch_verb_is {}'", names_of(verbs, " "));
}

/// Flags that say what may follow: -r something, -F a path too, -x nothing but the words.
std::string value_flags(std::string_view argument) {
  if (is_path(argument)) return " -r -F";
  const auto words = words_of(argument);
  return words.empty() ? " -x" : fmt::format(" -x -a '{}'", fmt::join(words, " "));
}

std::string option_line(const OptionRow& row) {
  return fmt::format("complete -c koobatch {}{} -l {}{} -d {}\n", condition(row.verbs),
                     row.letter == 0 ? "" : fmt::format(" -s {}", row.letter), row.name,
                     row.is_switch() ? "" : value_flags(row.argument), quoted(row.help));
}

std::string verb_lines(const VerbRow& verb) {
  std::string out =
      fmt::format("complete -c koobatch -n __koobatch_verb_is_missing -a {} -d {}\n", verb.name, quoted(verb.summary));
  if (is_path(verb.argument) || is_path(verb.extra_name)) {
    out += fmt::format("complete -c koobatch {} -F\n", condition(only(verb.verb)));
  }
  if (const auto words = words_of(verb.argument); !words.empty()) {
    out += fmt::format("complete -c koobatch {} -a '{}'\n", condition(only(verb.verb)), fmt::join(words, " "));
  }
  return out;
}

}  // namespace

std::string fish_completion() {
  std::string out(head);
  for (const auto& verb : verb_table) out += verb_lines(verb);
  for (const auto& row : option_table()) out += option_line(row);
  return out;
}

}  // namespace koobatch::cli
