#pragma once
#include "koobatch/cli/option_table.hpp"
#include "koobatch/cli/verb.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What help, manual page and completions have in common: views of the tables of verbs, options and exit statuses.
namespace koobatch::cli {

/// An exit status, and what it means to these verbs.
struct ExitRow {
  std::string_view status;
  std::string_view meaning;
  Verbs verbs;
};
std::span<const ExitRow> exit_table();

std::vector<const OptionRow*> options_of(Verb verb);
std::vector<const ExitRow*> statuses_of(Verb verb);

/// "run, resume, retry"
std::string names_of(Verbs verbs, std::string_view separator = ", ");

/// The headings of the options, each once, in the order of the table.
std::vector<std::string_view> option_groups();

/// "30s" for the help "Time of one attempt (30s)"; empty: there is none.
std::string_view default_of(const OptionRow& row);
/// "Time of one attempt" of the same.
std::string_view without_default(const OptionRow& row);

/// The words to choose from, if the help calls an argument "text|json"; otherwise none.
std::vector<std::string_view> words_of(std::string_view argument);
/// Does a path stand for what the help calls FILE, FILE|DIR/, JOB or REPORT?
bool is_path(std::string_view argument);

}  // namespace koobatch::cli
