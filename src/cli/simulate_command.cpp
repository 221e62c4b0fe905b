#include "koobatch/auth/token.hpp"
#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/sim/simulator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string>

namespace koobatch::cli {
namespace {

Result<void> read_tokens(const auth::CredentialSettings& files, sim::SimulatorSettings& settings) {
  const auto read = [](std::string_view flag, const std::filesystem::path& path, std::string& to) -> Result<void> {
    if (path.empty()) return {};
    const auto token = auth::read_token_file(path, fmt::format("{} {}", flag, path.string()));
    if (!token) return token.error();
    to = token->view();
    return {};
  };
  if (auto ok = read("--token-file", files.token_file, settings.token); !ok) return ok;
  return read("--refresh-token-file", files.refresh_token_file, settings.refresh_token);
}

}  // namespace

int simulate_command(const Invocation& invocation) {
  auto settings = finish_simulate(invocation.options);
  if (!settings) return fail(settings.error());
  auto app_key = auth::AppKey::load(invocation.options.simulator_app);
  if (!app_key) return fail(app_key.error());
  settings->app_key = std::move(*app_key);
  if (auto read = read_tokens(invocation.options.simulator_tokens, *settings); !read) return fail(read.error());
  const SignalWatch signals;
  const auto simulator = sim::Simulator::start(*settings);
  if (!simulator) return fail(simulator.error());
  const auto written = write_output("listening on " + (*simulator)->url() + "\n");
  if (!written) return fail(written.error());
  spdlog::debug("stopping on signal {}", signals.wait());
  return exit_success;
}

}  // namespace koobatch::cli
