#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/sim/simulator.hpp"

#include <spdlog/spdlog.h>

namespace koobatch::cli {

int simulate_command(const Invocation& invocation) {
  auto settings = finish_simulate(invocation.options);
  if (!settings) return fail(settings.error());
  auto app_key = auth::AppKey::load(invocation.options.simulator_app);
  if (!app_key) return fail(app_key.error());
  settings->app_key = std::move(*app_key);
  const SignalWatch signals;
  const auto simulator = sim::Simulator::start(*settings);
  if (!simulator) return fail(simulator.error());
  const auto written = write_output("listening on " + (*simulator)->url() + "\n");
  if (!written) return fail(written.error());
  spdlog::debug("stopping on signal {}", signals.wait());
  return exit_success;
}

}  // namespace koobatch::cli
