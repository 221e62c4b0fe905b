#include "cli/running/run_settings.hpp"

#include "cli/running/operations_file.hpp"
#include "koobatch/core/words.hpp"
#include "koobatch/http/endpoint.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace koobatch::cli {
namespace {

/// The settings to check, and their names in messages.
struct Checked {
  const engine::RunSettings& run;
  const Sending& sending;
  const Origins& origins;
  bool sends_nothing;
};

Error exclude_each_other(const Origins& origins, std::string_view a, std::string_view b, std::string_view why) {
  return usage_error(fmt::format("{} and {} exclude each other: {}", origins[a], origins[b], why));
}

Result<void> check_target(const Target& target, const Origins& origins) {
  if (target.simulate && !target.endpoint.empty()) {
    return exclude_each_other(origins, "endpoint", "simulate", "send to the service, or to the embedded one");
  }
  if (!target.simulate && target.endpoint.empty()) {
    return usage_error(
        "where to send is missing: give --endpoint URL, or --simulate to try the job on the embedded service");
  }
  // Set elsewhere than on the command line, they may be meant for another run.
  const auto unused = target.simulate ? std::string() : origins.first_flag_of(typeid(EmbeddedService));
  if (!unused.empty()) return usage_error(unused + " belongs to the embedded service: it needs --simulate");
  return {};
}

Result<void> check_faults(const EmbeddedService& service, const Origins& origins) {
  for (const auto& fault : service.faults) {
    if (!std::holds_alternative<sim::ListFault>(fault)) continue;
    return usage_error(origins["fault"] + " list=… works only with koobatch simulate: here, there are no lists");
  }
  return {};
}

/// The options in force that say where the token comes from.
std::vector<std::string_view> token_sources(const auth::CredentialSettings& credentials) {
  std::vector<std::string_view> sources;
  if (!credentials.token_file.empty()) sources.emplace_back("token-file");
  if (!credentials.token_env.empty()) sources.emplace_back("token-env");
  if (!credentials.token_command.empty()) sources.emplace_back("token-command");
  if (!credentials.tokens_file.empty()) sources.emplace_back("tokens-file");
  return sources;
}

Result<void> check_app(const Checked& c) {
  if (auto ok = check_app_complete(c.run.app, c.origins); !ok) return ok;
  const auto tokens = token_sources(c.run.credentials);
  if (!c.run.app.any() || tokens.empty()) return {};
  return exclude_each_other(c.origins, "app-id", tokens.front(),
                            "a request carries a signature or a token; leave out one of them");
}

Result<void> check_no_shell_needed(std::string_view origin, const std::string& command) {
  const auto word = shell_operator(command);
  if (word.empty()) return {};
  return usage_error(fmt::format("{}: '{}' is for a shell, and no shell is used; write sh -c '…'", origin, word));
}

/// The token comes from one place; a refresh token requires one token for all users.
Result<void> check_token_sources(const Checked& c) {
  const auto sources = token_sources(c.run.credentials);
  if (sources.size() > 1) {
    return exclude_each_other(c.origins, sources[0], sources[1], "the token comes from one place");
  }
  if (c.run.credentials.refresh_token_file.empty()) return {};
  if (sources.empty()) {
    return usage_error(c.origins["refresh-token-file"] +
                       " needs an access token to begin with: give --token-file FILE, --token-env NAME or "
                       "--token-command COMMAND");
  }
  if (sources.front() == "tokens-file") {
    return exclude_each_other(c.origins, "refresh-token-file", "tokens-file",
                              "the tokens requested with it would be one token for all users");
  }
  return {};
}

Result<void> check_credentials(const Checked& c) {
  const auto& credentials = c.run.credentials;
  if (auto ok = check_token_sources(c); !ok) return ok;
  if (auto ok = check_no_shell_needed(c.origins["token-command"], credentials.token_command); !ok) return ok;
  const bool signs = c.run.app.any();
  if (!credentials.any() && !signs && !c.sends_nothing) {
    return usage_error(c.origins["endpoint"] +
                       " needs credentials: give --token-file FILE, --token-env NAME or --token-command COMMAND, "
                       "--tokens-file FILE for many users, or --app-id ID with --app-secret-file FILE");
  }
  if ((credentials.any() || signs) && !c.run.endpoint.tls && !c.run.endpoint.is_loopback()) {
    return usage_error(
        fmt::format("{} '{}': http:// would send {} unencrypted, which is refused for anything but a "
                    "loopback address; use https://",
                    c.origins["endpoint"], c.sending.target.endpoint, signs ? "signed requests" : "the token"));
  }
  return {};
}

Result<void> check_tls(const Checked& c) {
  const auto& tls = c.run.tls;
  if (!tls.key.empty() && tls.cert.empty()) {
    return usage_error(c.origins["key"] + " needs --cert: the certificate it belongs to");
  }
  if (tls.insecure && !tls.cacert.empty()) {
    return exclude_each_other(c.origins, "insecure", "cacert", "nothing would be checked against the certificates");
  }
  return {};
}

Result<void> check_pace(const Checked& c) {
  if (c.run.connections < c.run.threads) {
    return usage_error(fmt::format("{} {} is less than {} {}: each thread needs a connection of its own",
                                   c.origins["connections"], c.run.connections, c.origins["threads"], c.run.threads));
  }
  // A burst from a report or a configuration file may remain when the rate is lifted.
  if (c.run.pace.burst > 0 && !c.origins.is_set("rate")) return usage_error(c.origins["burst"] + " needs --rate");
  if (c.run.scheduler.retry.base > c.run.scheduler.retry.cap) {
    return usage_error(fmt::format("{} is longer than {}: the first wait would exceed the longest",
                                   c.origins["retry-base"], c.origins["retry-cap"]));
  }
  return {};
}

Result<void> check_metrics(const Checked& c) {
  if (c.sending.metrics.file.labels.empty() || c.sending.metrics.any()) return {};
  return usage_error(c.origins["metrics-label"] +
                     " needs --metrics-addr or --metrics-file: the metrics that it labels");
}

/// Parses the endpoint and, if there is one, the proxy.
Result<void> find_service(const Target& target, engine::RunSettings& run) {
  auto endpoint = http::parse_endpoint(target.endpoint);
  if (!endpoint) return endpoint.error();
  run.endpoint = std::move(*endpoint);
  if (target.proxy.empty()) return {};
  auto proxy = http::parse_proxy(target.proxy);
  if (!proxy) return proxy.error();
  run.proxy = std::move(*proxy);
  return {};
}

/// HTTP/2 needs fewer connections, unless their number was given.
void fit_to_protocol(const Origins& origins, engine::RunSettings& run) {
  run.http2_connections = origins.is_set("connections")
                              ? run.connections
                              : std::max(std::min(run.http2_connections, run.connections), run.threads);
  if (run.http == net::HttpChoice::http2) run.connections = run.http2_connections;
}

}  // namespace

engine::RunSettings to_run_settings(const Sending& sending) {
  engine::RunSettings run;
  run.reader.default_user = sending.operations.user_id;
  run.reader.default_language = sending.operations.language;
  run.simulated = sending.target.simulate;
  run.credentials = sending.credentials;
  run.app = sending.app;
  run.tls = sending.tls;
  run.connections = sending.connections.connections;
  run.threads = sending.connections.threads;
  run.http = sending.connections.http;
  run.streams = sending.connections.streams;
  run.pace.rate_per_user = sending.connections.rate_per_user;
  run.pace.max_outage = sending.retries.max_outage;
  run.connect_timeout = sending.retries.connect_timeout;
  run.timeout = sending.retries.timeout;
  run.max_errors = sending.retries.max_errors;
  run.scheduler.max_attempts = sending.retries.max_attempts;
  run.scheduler.retry.base = sending.retries.retry_base;
  run.scheduler.retry.cap = sending.retries.retry_cap;
  run.scheduler.deadline = sending.retries.deadline;
  run.metrics = sending.metrics.any();
  return run;
}

engine::RunSettings to_run_settings(const Running& running) {
  auto run = to_run_settings(running.sending);
  run.reader.values = running.values;
  run.reader.reading = running.reading;
  run.skip_invalid = running.treatment.skip_invalid;
  run.operations_path = running.operations.operations;
  run.credentials.tokens_file = running.tokens.tokens_file;
  run.pace.rate = running.pace.rate;
  run.pace.burst = running.pace.burst;
  run.ask_quota = running.pace.ask_quota;
  return run;
}

Result<engine::RunSettings> complete(engine::RunSettings run, const Sending& sending, const Call& call,
                                     bool sends_nothing) {
  const Checked checked{run, sending, call.origins, sends_nothing};
  if (auto ok = check_target(sending.target, call.origins); !ok) return ok.error();
  if (auto ok = check_faults(sending.service, call.origins); !ok) return ok.error();
  if (auto ok = check_app(checked); !ok) return ok.error();
  if (!run.simulated) {
    if (auto ok = find_service(sending.target, run); !ok) return ok.error();
    if (auto ok = check_credentials(checked); !ok) return ok.error();
  }
  if (auto ok = check_tls(checked); !ok) return ok.error();
  if (auto ok = check_pace(checked); !ok) return ok.error();
  if (auto ok = check_metrics(checked); !ok) return ok.error();
  run.reader.catalogue = &built_in_operations(executor_of(run));
  fit_to_protocol(call.origins, run);
  run.recorded = call.to_record;
  return run;
}

Result<void> check_schedule(const Schedule& schedule, const Origins& origins) {
  if (schedule.lock.empty() && schedule.lock_wait != Duration::zero()) {
    return usage_error(origins["lock-wait"] + " needs --lock: the file to wait for");
  }
  if (schedule.on_complete.empty()) return {};
  const auto origin = origins["on-complete"];
  if (const auto words = split_words(schedule.on_complete, origin); !words) return words.error();
  return check_no_shell_needed(origin, schedule.on_complete);
}

Result<void> check_app_complete(const auth::AppSettings& app, const Origins& origins) {
  if (app.id.empty() == app.secret_file.empty()) return {};
  return usage_error(app.id.empty()
                         ? origins["app-secret-file"] + " needs --app-id: the app whose secret it is"
                         : origins["app-id"] + " needs --app-secret-file: the file that holds the app's secret");
}

sim::SimulatorSettings simulator_settings(const EmbeddedService& service) {
  sim::SimulatorSettings settings;
  settings.latency = service.latency;
  settings.jitter = service.jitter;
  for (const auto& any : service.faults) {
    if (const auto* fault = std::get_if<sim::Fault>(&any)) settings.faults.push_back(*fault);
    if (const auto* fault = std::get_if<sim::ClockFault>(&any)) settings.clock_faults.push_back(*fault);
    if (const auto* fault = std::get_if<sim::ListFault>(&any)) settings.list_faults.push_back(*fault);
  }
  settings.throttle = service.throttle;
  settings.throttle_per_user = service.throttle_per_user;
  settings.seed = service.seed;
  return settings;
}

}  // namespace koobatch::cli
