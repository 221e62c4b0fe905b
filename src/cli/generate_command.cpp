#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/completion.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/manual.hpp"
#include "koobatch/cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace koobatch::cli {
namespace {

struct Document {
  std::string_view name;
  std::string (*make)();
};
constexpr std::array documents = {Document{"man", manual_page}, Document{"bash", bash_completion},
                                  Document{"zsh", zsh_completion}, Document{"fish", fish_completion}};

}  // namespace

int generate_command(const Invocation& invocation) {
  const std::string& name = invocation.arguments.front();
  const auto document =
      std::find_if(documents.begin(), documents.end(), [&](const Document& d) { return d.name == name; });
  if (document == documents.end()) {
    return fail(
        usage_error(fmt::format("generate '{}': unknown; must be one of {}", name, row_of(Verb::generate).argument)));
  }
  const auto written = write_output(document->make());
  return written ? exit_success : fail(written.error());
}

}  // namespace koobatch::cli
