#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/reference/completion.hpp"
#include "cli/reference/manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace koobatch::cli {
namespace {

struct Settings {};

struct Document {
  std::string_view name;
  std::string (*make)();
};
constexpr std::array documents = {Document{"man", manual_page}, Document{"bash", bash_completion},
                                  Document{"zsh", zsh_completion}, Document{"fish", fish_completion}};

std::vector<std::string_view> document_names() {
  std::vector<std::string_view> names;
  for (const auto& document : documents) names.push_back(document.name);
  return names;
}

int run(const Settings&, const Call& call) {
  const std::string& name = call.arguments.front();
  const auto document =
      std::find_if(documents.begin(), documents.end(), [&](const Document& d) { return d.name == name; });
  if (document == documents.end()) {
    return fail(
        usage_error(fmt::format("generate '{}': unknown; must be one of {}", name, listed(document_names(), "|"))));
  }
  const auto written = write_output(document->make());
  return written ? exit_success : fail(written.error());
}

}  // namespace

const Command& generate_command() {
  static const Command command = {
      .name = "generate",
      .summary = "Print the manual page or a shell completion script",
      .group = command_group::sets_up,
      .arguments = {{.name = "DOCUMENT", .help = "What to print", .words = document_names()}},
      .examples = {"koobatch generate man | man -l -", "source <(koobatch generate bash)",
                   "koobatch generate zsh > /usr/local/share/zsh/site-functions/_koobatch",
                   "koobatch generate fish > ~/.config/fish/completions/koobatch.fish"},
      .statuses = {exits::done, exits::usage, exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
