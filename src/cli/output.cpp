#include "cli/output.hpp"

#include "cli/exit_status.hpp"
#include "koobatch/observe/console.hpp"
#include "koobatch/observe/log.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace koobatch::cli {

Result<bool> write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return false;
    if (written < 0) return system_error(ErrorKind::fatal, "standard output", "cannot be written", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

OutputStyle output_style() {
  const observe::Console terminal(STDOUT_FILENO);
  const char* const no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  return {terminal.is_terminal() && !plain, terminal.width()};
}

int fail(const Error& error) {
  observe::log::print(spdlog::level::err, std::string("koobatch: ").append(error.message));
  return exit_status(error.kind);
}

}  // namespace koobatch::cli
