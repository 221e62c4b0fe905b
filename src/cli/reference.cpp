#include "koobatch/cli/reference.hpp"

#include <algorithm>
#include <array>

namespace koobatch::cli {
namespace {

constexpr Verbs runs = verbs_that_run;
constexpr Verbs sends = verbs_that_send;
constexpr Verbs others = every_verb & ~sends;

constexpr std::array statuses = {
    ExitRow{"0", "all succeeded, or another run has the lock", runs},
    ExitRow{"0", "all succeeded", only(Verb::bench)},
    ExitRow{"0", "every operation is valid", only(Verb::validate)},
    ExitRow{"0", "done", others & ~only(Verb::validate)},
    ExitRow{"1", "finished, some did not succeed", sends},
    ExitRow{"1", "the ID is of no run in the reports named", only(Verb::trace)},
    ExitRow{"2", "wrong usage or configuration", every_verb},
    ExitRow{"3", "the job is invalid, nothing was sent", runs | only(Verb::validate)},
    ExitRow{"4", "stopped by --max-errors, or the first 100 operations were all rejected alike", sends},
    ExitRow{"5", "stopped: credentials refused, TLS, disk, no answer for --max-outage, or a lock waited for in vain",
            runs},
    ExitRow{"5", "stopped: credentials refused, TLS, disk, no answer for --max-outage; or its result cannot be printed",
            only(Verb::bench)},
    ExitRow{"5", "could not go on: what is needed cannot be read or written", others},
    ExitRow{"130, 143", "interrupted; what was under way was waited for", sends},
};

std::vector<std::string_view> parts_of(std::string_view argument) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto bar = argument.find('|');
    parts.push_back(argument.substr(0, bar));
    if (bar == std::string_view::npos) return parts;
    argument.remove_prefix(bar + 1);
  }
}

bool is_word(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

/// Where the default begins, its parenthesis and the blank before it included; otherwise the end.
std::size_t end_of_text(std::string_view help) {
  const auto from = help.ends_with(')') ? help.rfind(" (") : std::string_view::npos;
  return from == std::string_view::npos ? help.size() : from;
}

}  // namespace

std::span<const ExitRow> exit_table() {
  return statuses;
}

std::vector<const OptionRow*> options_of(Verb verb) {
  std::vector<const OptionRow*> rows;
  for (const auto& row : option_table()) {
    if (contains(row.verbs, verb)) rows.push_back(&row);
  }
  return rows;
}

std::vector<const ExitRow*> statuses_of(Verb verb) {
  std::vector<const ExitRow*> rows;
  for (const auto& row : statuses) {
    if (contains(row.verbs, verb)) rows.push_back(&row);
  }
  return rows;
}

std::string names_of(Verbs verbs, std::string_view separator) {
  std::string names;
  for (const auto& verb : verb_table) {
    if (contains(verbs, verb.verb)) names.append(names.empty() ? "" : separator).append(verb.name);
  }
  return names;
}

std::vector<std::string_view> option_groups() {
  std::vector<std::string_view> groups;
  for (const auto& row : option_table()) {
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
  }
  return groups;
}

std::string_view default_of(const OptionRow& row) {
  const auto end = end_of_text(row.help);
  return end == row.help.size() ? std::string_view() : row.help.substr(end + 2, row.help.size() - end - 3);
}

std::string_view without_default(const OptionRow& row) {
  return row.help.substr(0, end_of_text(row.help));
}

std::vector<std::string_view> words_of(std::string_view argument) {
  auto parts = parts_of(argument);
  if (parts.size() < 2 || !std::all_of(parts.begin(), parts.end(), is_word)) parts.clear();
  return parts;
}

bool is_path(std::string_view argument) {
  constexpr std::array<std::string_view, 5> paths = {"FILE", "DIR", "DIR/", "JOB", "REPORT"};
  const auto parts = parts_of(argument);
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return std::find(paths.begin(), paths.end(), part) != paths.end(); });
}

}  // namespace koobatch::cli
