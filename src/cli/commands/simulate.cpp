#include "cli/commands/simulate.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/settings/domain_values.hpp"
#include "koobatch/auth/token.hpp"
#include "koobatch/process/signals.hpp"
#include "koobatch/sim/simulator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string>
#include <utility>
#include <variant>

namespace koobatch::cli {
namespace {

Result<void> read_tokens(const SimulateSettings& files, sim::SimulatorSettings& settings) {
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

Result<void> check_items(const SimulateSettings& given, const Origins& origins) {
  const bool has_items = !given.state.empty() || given.items.has_value();
  if (!given.state.empty() && given.items) {
    return usage_error(fmt::format("{} and {} exclude each other: items are either from a file or made up",
                                   origins["state"], origins["items"]));
  }
  if (has_items) return {};
  if (given.name_clash != sim::NameClash::accept) {
    return usage_error(origins["names"] + " needs --state or --items: without items, every name is accepted");
  }
  for (const auto& fault : given.service.faults) {
    if (!std::holds_alternative<sim::ListFault>(fault)) continue;
    return usage_error(origins["fault"] + " list=… needs --state or --items: without items, there are no lists");
  }
  return {};
}

int run(const SimulateSettings& given, const Call& call) {
  auto settings = prepare_simulate(given, call);
  if (!settings) return fail(settings.error());
  auto app_key = auth::AppKey::load({given.app_id, given.app_secret_file});
  if (!app_key) return fail(app_key.error());
  settings->app_key = std::move(*app_key);
  if (auto read = read_tokens(given, *settings); !read) return fail(read.error());
  if (const auto& file = given.operations.operations; !file.empty()) {
    auto loaded = read_operations_file(file, Executor::simulator);
    if (!loaded) return fail(loaded.error());
    settings->operations = std::move(loaded->catalogue);
  }
  const process::SignalWatch signals;
  const auto simulator = sim::Simulator::start(*settings);
  if (!simulator) return fail(simulator.error());
  const auto written = write_output("listening on " + (*simulator)->url() + "\n");
  if (!written) return fail(written.error());
  spdlog::debug("stopping on signal {}", signals.wait());
  return exit_success;
}

}  // namespace

Result<sim::SimulatorSettings> prepare_simulate(const SimulateSettings& given, const Call& call) {
  if (given.cert.empty() != given.key.empty()) {
    return usage_error(given.key.empty()
                           ? call.origins["cert"] + " needs --key: the embedded service needs both to speak TLS"
                           : call.origins["key"] + " needs --cert: the embedded service needs both to speak TLS");
  }
  if (auto ok = check_items(given, call.origins); !ok) return ok.error();
  if (auto ok = check_app_complete({given.app_id, given.app_secret_file}, call.origins); !ok) return ok.error();
  auto settings = simulator_settings(given.service);
  settings.port = given.port;
  settings.log = given.log;
  settings.certificate = given.cert;
  settings.key = given.key;
  settings.token_requests = given.token_requests;
  settings.token_lifetime = given.token_lifetime;
  settings.x_date_window = given.x_date_window;
  settings.tokens_file = given.tokens_file;
  settings.items_file = given.state;
  settings.made_up_items = given.items;
  settings.name_clash = given.name_clash;
  return settings;
}

const Command& simulate_command() {
  using S = SimulateSettings;
  static const Command command = {
      .name = "simulate",
      .summary = "Run the embedded service on a loopback port, with faults on request",
      .group = command_group::tries,
      .examples = {"koobatch simulate --port 8080 --latency 5ms --fault status=503,rate=0.05,retry-after=1",
                   "koobatch simulate --port 8080 --items 5000,users=10,albums=1000 --fault list=remove,page=2",
                   "koobatch simulate --port 8080 --throttle 300/s@0s,600/s@5s,window,retry-after=1s,declare=ietf"},
      .own_options = {{.name = "port",
                       .heading = heading::embedded,
                       .help = "Port on 127.0.0.1; 0 is any free one",
                       .store = into(&S::port, count<std::uint16_t>(0, 65535))},
                      {.name = "app-id",
                       .heading = heading::embedded,
                       .help = "Accept only requests signed by this app, and no tokens",
                       .store = into(&S::app_id, app_id())},
                      {.name = "app-secret-file",
                       .heading = heading::embedded,
                       .help = "File with the app's secret",
                       .store = into(&S::app_secret_file, file())},
                      {.name = "token-file",
                       .heading = heading::embedded,
                       .help = "File with the only access token it accepts",
                       .otherwise = "any",
                       .store = into(&S::token_file, file())},
                      {.name = "refresh-token-file",
                       .heading = heading::embedded,
                       .help = "File with the refresh token it accepts; without one, it renews no tokens",
                       .store = into(&S::refresh_token_file, file())},
                      {.name = "token-requests",
                       .heading = heading::embedded,
                       .help = "Number of requests that an access token is good for",
                       .otherwise = "no limit",
                       .store = into(&S::token_requests, count<std::uint64_t>(1, UINT64_MAX))},
                      {.name = "token-lifetime",
                       .heading = heading::embedded,
                       .help = "Lifetime of an access token after its last use",
                       .otherwise = "no limit",
                       .store = into(&S::token_lifetime, duration())},
                      {.name = "x-date-window",
                       .heading = heading::embedded,
                       .help = "Age up to which it accepts an X-Date",
                       .store = into(&S::x_date_window, duration())},
                      {.name = "tokens-file",
                       .heading = heading::embedded,
                       .help = "Accept only each X-User-Id's token in this file, which is read again when replaced",
                       .store = into(&S::tokens_file, file())},
                      {.name = "state",
                       .heading = heading::embedded,
                       .help = "File with its shared folders and albums, one JSON object a line",
                       .otherwise = "accepts any ID",
                       .store = into(&S::state, file())},
                      {.name = "items",
                       .heading = heading::embedded,
                       .help = "Make up its shared folders and albums, e.g. 1000 or 1000,users=10,albums=200",
                       .parts = {{"N", "items in all"},
                                 {"users=N", "their owners in turn: users named 42, 43 and so on (1)"},
                                 {"albums=N", "how many of them are albums, of all kinds (0)"}},
                       .store = into(&S::items, made_up_items())},
                      {.name = "names",
                       .heading = heading::embedded,
                       .help = "For a name that is taken: both have it, code 13000405, or a time is appended",
                       .store = into(&S::name_clash, one_of<sim::NameClash>({{"accept", sim::NameClash::accept},
                                                                             {"405", sim::NameClash::refuse},
                                                                             {"stamp", sim::NameClash::stamp}}))},
                      {.name = "log",
                       .heading = heading::embedded,
                       .help = "Write a line for each request to this file",
                       .store = into(&S::log, new_file())},
                      {.name = "cert",
                       .heading = heading::embedded,
                       .help = "Serve TLS with the certificate in this PEM file",
                       .store = into(&S::cert, file())},
                      {.name = "key",
                       .heading = heading::embedded,
                       .help = "PEM file of the certificate's key",
                       .store = into(&S::key, file())}},
      .statuses = {exits::done, exits::usage, exits::fatal},
      .begin = task<SimulateSettings, run>};
  return command;
}

}  // namespace koobatch::cli
