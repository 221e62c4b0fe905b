// The output of `generate`, used by the shells and the formatter it is made for.
#include "cli/commands/command.hpp"
#include "process.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace koobatch::test;
using koobatch::cli::commands;

namespace {

std::string generated(const std::string& what) {
  const auto finished = run_koobatch({"generate", what});
  BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
  BOOST_TEST(finished.err == "");
  return finished.out;
}

using Words = std::set<std::string>;

/// A shell in a folder with a job in it, and the script it completes with.
class Shell {
 public:
  explicit Shell(const std::string& kind) {
    workspace_.write("script", generated(kind));
    workspace_.write("my job.ndjson", "");
    workspace_.write("jobs", "");
    workspace_.write("at:noon.ndjson", "");
  }

  std::string run(std::vector<std::string> command) const {
    Process shell(std::move(command), {{"HOME", workspace_.path("")}, {"TERM", "dumb"}}, workspace_.path(""));
    const auto finished = shell.wait();
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST(finished.err == "");
    return finished.out;
  }
  const Workspace& workspace() const { return workspace_; }

 private:
  Workspace workspace_;
};

Words lines_of(const std::string& text) {
  Words words;
  std::istringstream in(text);
  // fish puts a description after a tab.
  for (std::string line; std::getline(in, line);) words.insert(line.substr(0, line.find('\t')));
  return words;
}

/// What bash offers for the last of these words, cut as bash cuts them.
Words bash(const std::vector<std::string>& words) {
  const Shell shell("bash");
  std::vector<std::string> command = {"/usr/bin/bash", "--norc", "-c",
                                      "source ./script; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _koobatch; "
                                      "[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"",
                                      "bash"};
  command.insert(command.end(), words.begin(), words.end());
  return lines_of(shell.run(command));
}

/// What fish offers at the end of this line.
Words fish(const std::string& line) {
  const Shell shell("fish");
  return lines_of(shell.run({"/usr/bin/fish", "--no-config", "-c", "source ./script; complete -C $argv[1]", line}));
}

/// What becomes of this line in an interactive zsh when the tab key is pressed; `expected` ends the wait.
void zsh_completes(const Shell& shell, const std::string& line, const std::string& expected) {
  shell.workspace().write("terminal", R"(
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; $3; print READ''Y"
zpty -r z out '*READY*'
zpty -w -n z "$1"$'\t'
zpty -r z out "*$2*"
print -r -- $out
)");
  const auto out = shell.run({"/usr/bin/timeout", "60", "zsh", "-f", "./terminal", line, expected, "source ./script"});
  BOOST_TEST(out.find(expected) != std::string::npos, out);
}

Words flags_of(const koobatch::cli::Command& command) {
  Words flags;
  for (const auto* option : koobatch::cli::options_of(command)) flags.insert(fmt::format("--{}", option->name));
  flags.insert("--help");
  return flags;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(generate)

BOOST_AUTO_TEST_CASE(bash_is_offered_commands_and_the_flags_of_each) {
  Words names = {"--help", "--version"};
  for (const auto* command : commands()) names.emplace(command->name);
  BOOST_TEST((bash({"koobatch", ""}) == names));
  for (const auto* command : commands()) {
    BOOST_TEST((bash({"koobatch", std::string(command->name), "--"}) == flags_of(*command)), command->name);
  }
  BOOST_TEST((bash({"koobatch", "re"}) == Words{"resume", "retry", "report"}));
  BOOST_TEST(bash({"koobatch", "fly", ""}).empty());
}

BOOST_AUTO_TEST_CASE(bash_is_offered_the_words_an_option_knows_and_nothing_for_free_values) {
  const Words modes = {"auto", "bar", "plain", "none"};
  BOOST_TEST((bash({"koobatch", "run", "--progress", ""}) == modes));
  BOOST_TEST((bash({"koobatch", "run", "--progress", "="}) == modes));
  BOOST_TEST((bash({"koobatch", "run", "--progress", "=", "pl"}) == Words{"plain"}));
  BOOST_TEST((bash({"koobatch", "generate", ""}) == Words{"man", "bash", "zsh", "fish"}));
  BOOST_TEST(bash({"koobatch", "run", "--rate", ""}).empty());
  BOOST_TEST(bash({"koobatch", "trace", ""}).empty());
}

BOOST_AUTO_TEST_CASE(bash_is_offered_files_where_paths_are_wanted) {
  const Words job = {"my job.ndjson"};
  BOOST_TEST((bash({"koobatch", "run", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--rate", "5/s", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--rate", "=", "5/s", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--report", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "trace", "0101", "r", "my"}) == job));
  BOOST_TEST(bash({"koobatch", "run", "jobs", "my"}).empty(), "there is one job only");
  BOOST_TEST(bash({"koobatch", "simulate", "my"}).empty());
}

BOOST_AUTO_TEST_CASE(bash_treats_a_value_with_colons_or_equals_signs_as_one) {
  const Words job = {"my job.ndjson"};
  BOOST_TEST((bash({"koobatch", "run", "--endpoint", "https", ":", "//h", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--endpoint", "=", "https", ":", "//h", ":", "8443", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--metrics-addr", "[", "::", "1]", ":", "9464", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--app-id", "me", "@", "here", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--fault", "status", "=", "503,rate", "=", "0.1", "my"}) == job));
  BOOST_TEST((bash({"koobatch", "run", "--endpoint", "https", ":", "//h", "--progress", "=", "pl"}) == Words{"plain"}));
  for (const auto& unfinished : {std::vector<std::string>{"https", ":"}, {"https", ":", ""}, {"https", ":", "//h"}}) {
    std::vector<std::string> words = {"koobatch", "run", "--endpoint"};
    words.insert(words.end(), unfinished.begin(), unfinished.end());
    BOOST_TEST(bash(words).empty(), unfinished.size());
  }
}

BOOST_AUTO_TEST_CASE(bash_replaces_a_path_from_its_last_colon_on) {
  BOOST_TEST((bash({"koobatch", "run", "at", ":", "no"}) == Words{"noon.ndjson"}));
  BOOST_TEST((bash({"koobatch", "run", "at", ":"}) == Words{"noon.ndjson"}));
  BOOST_TEST((bash({"koobatch", "run", "--report", "=", "at", ":", "no"}) == Words{"noon.ndjson"}));
  // Where COMP_WORDBREAKS holds neither.
  BOOST_TEST((bash({"koobatch", "run", "--report=at:no"}) == Words{"--report=at:noon.ndjson"}));
}

BOOST_AUTO_TEST_CASE(fish_is_offered_commands_and_the_flags_of_each) {
  Words names;
  for (const auto* command : commands()) names.emplace(command->name);
  BOOST_TEST((fish("koobatch ") == names));
  for (const auto* command : commands()) {
    BOOST_TEST((fish(fmt::format("koobatch {} --", command->name)) == flags_of(*command)), command->name);
  }
}

BOOST_AUTO_TEST_CASE(fish_is_offered_words_and_files) {
  BOOST_TEST((fish("koobatch run --progress ") == Words{"auto", "bar", "plain", "none"}));
  BOOST_TEST((fish("koobatch run --progress=pl") == Words{"--progress=plain"}));
  BOOST_TEST((fish("koobatch generate ") == Words{"man", "bash", "zsh", "fish"}));
  BOOST_TEST((fish("koobatch run jo") == Words{"jobs"}));
  BOOST_TEST((fish("koobatch run --report jo") == Words{"jobs"}));
  BOOST_TEST(fish("koobatch run --rate ").empty());
  BOOST_TEST(fish("koobatch simulate jo").empty());
}

BOOST_AUTO_TEST_CASE(zsh_completes_commands_flags_words_and_files_at_a_terminal) {
  const Shell shell("zsh");
  zsh_completes(shell, "koobatch val", "validate");
  zsh_completes(shell, "koobatch run --skip-in", "--skip-invalid");
  zsh_completes(shell, "koobatch run --progress=pl", "--progress=plain");
  zsh_completes(shell, "koobatch generate z", "zsh");
  zsh_completes(shell, "koobatch run jo", "run jobs");
  zsh_completes(shell, "koobatch trace 0101 jo", "0101 jobs");
}

BOOST_AUTO_TEST_CASE(zsh_finds_the_script_in_a_folder_of_completions_as_well) {
  const Shell shell("zsh");
  shell.workspace().write("_koobatch", generated("zsh"));
  shell.workspace().write("terminal", R"(
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -D; print READ''Y"
zpty -r z out '*READY*'
zpty -w -n z $'koobatch val\t'
zpty -r z out '*validate*'
)");
  shell.run({"/usr/bin/timeout", "60", "zsh", "-f", "./terminal"});
}

BOOST_AUTO_TEST_CASE(zsh_has_every_flag_of_every_command) {
  const auto script = generated("zsh");
  for (const auto* option : koobatch::cli::every_option()) {
    BOOST_TEST(script.find(fmt::format("--{}", option->name)) != std::string::npos, option->name);
  }
}

BOOST_AUTO_TEST_CASE(the_manual_page_is_formatted_without_a_warning) {
  const Workspace workspace;
  const auto page = workspace.write("koobatch.1", generated("man"));
  // Without what makes letters bold or underlined.
  Process formatter({"/usr/bin/groff", "-man", "-ww", "-Tutf8", "-P-cbou", page});
  const auto finished = formatter.wait();
  BOOST_TEST(finished.status == 0);
  BOOST_TEST(finished.err == "");
  for (const char* part : {"KOOBATCH(1)", "all succeeded", "--max-attempts", "KOOBATCH_RATE"}) {
    BOOST_TEST(finished.out.find(part) != std::string::npos, part);
  }
}

BOOST_AUTO_TEST_CASE(it_refuses_unknown_arguments_and_ignores_settings_of_runs) {
  const auto refused = run_koobatch({"generate", "powershell"});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(refused.err == "koobatch: generate 'powershell': unknown; must be one of man|bash|zsh|fish\n");
  BOOST_TEST(run_koobatch({"generate", "man"}, {{"KOOBATCH_CONFIG", "/none"}, {"KOOBATCH_RATE", "x"}}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
