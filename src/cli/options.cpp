#include "koobatch/cli/options.hpp"

#include "koobatch/cli/spool.hpp"
#include "koobatch/core/words.hpp"
#include "koobatch/job/byte_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

Result<void> check_target(const Options& options) {
  if (options.simulate && !options.endpoint.empty()) {
    return usage_error(fmt::format("{} and {} exclude each other: send to the service, or to the embedded one",
                                   options.origin("endpoint"), options.origin("simulate")));
  }
  if (!options.simulate && options.endpoint.empty()) {
    return usage_error(
        "where to send is missing: give --endpoint URL, or --simulate to try the job on the embedded service");
  }
  if (!options.simulate && !options.simulator_flag.empty()) {
    return usage_error(options.simulator_flag + " belongs to the embedded service: it needs --simulate");
  }
  return {};
}

Result<void> check_both(const Options& options, const auth::AppSettings& app) {
  if (app.id.empty() == app.secret_file.empty()) return {};
  return usage_error(app.id.empty()
                         ? options.origin("app-secret-file") + " needs --app-id: the app whose secret it is"
                         : options.origin("app-id") + " needs --app-secret-file: the file that holds the app's secret");
}

/// The options in force that say where a token is.
std::vector<std::string_view> token_sources(const auth::CredentialSettings& credentials) {
  std::vector<std::string_view> sources;
  if (!credentials.token_file.empty()) sources.emplace_back("token-file");
  if (!credentials.token_env.empty()) sources.emplace_back("token-env");
  if (!credentials.token_command.empty()) sources.emplace_back("token-command");
  if (!credentials.tokens_file.empty()) sources.emplace_back("tokens-file");
  return sources;
}

Result<void> check_app(const Options& options) {
  if (auto ok = check_both(options, options.run.app); !ok) return ok;
  const auto tokens = token_sources(options.run.credentials);
  if (!options.run.app.any() || tokens.empty()) return {};
  return usage_error(
      fmt::format("{} and {} exclude each other: a request carries a signature or a token; leave out one of them",
                  options.origin("app-id"), options.origin(tokens.front())));
}

Result<void> check_no_shell_needed(std::string_view option, const std::string& command) {
  const auto word = shell_operator(command);
  if (word.empty()) return {};
  return usage_error(fmt::format("{}: '{}' is for a shell, and no shell is used; write sh -c '…'", option, word));
}

/// The token comes from one place, and a refresh token goes with one that is everybody's.
Result<void> check_token_sources(const Options& options) {
  const auto sources = token_sources(options.run.credentials);
  if (sources.size() > 1) {
    return usage_error(fmt::format("{} and {} exclude each other: the token comes from one place",
                                   options.origin(sources[0]), options.origin(sources[1])));
  }
  if (options.run.credentials.refresh_token_file.empty()) return {};
  const auto refresh = options.origin("refresh-token-file");
  if (sources.empty()) {
    return usage_error(refresh +
                       " needs an access token to begin with: give --token-file FILE, --token-env NAME or "
                       "--token-command COMMAND");
  }
  if (sources.front() == "tokens-file") {
    return usage_error(fmt::format("{} and {} exclude each other: what is got for it would be one token for all users",
                                   refresh, options.origin("tokens-file")));
  }
  return {};
}

Result<void> check_credentials(const Options& options, const net::Endpoint& endpoint) {
  const auto& credentials = options.run.credentials;
  if (auto ok = check_token_sources(options); !ok) return ok;
  if (auto ok = check_no_shell_needed(options.origin("token-command"), credentials.token_command); !ok) return ok;
  const bool signs = options.run.app.any();
  // A dry run sends nothing, so it needs no token.
  if (!credentials.any() && !signs && !options.dry_run) {
    return usage_error(options.origin("endpoint") +
                       " needs credentials: give --token-file FILE, --token-env NAME or --token-command COMMAND, "
                       "--tokens-file FILE for many users, or --app-id ID with --app-secret-file FILE");
  }
  if ((credentials.any() || signs) && !endpoint.tls && !endpoint.is_loopback()) {
    return usage_error(
        fmt::format("{} '{}': http:// would send {} unencrypted, which is refused for "
                    "anything but a loopback address; use https://",
                    options.origin("endpoint"), options.endpoint, signs ? "signed requests" : "the token"));
  }
  return {};
}

Result<void> check_tls(const Options& options) {
  const auto& tls = options.run.tls;
  if (!tls.key.empty() && tls.cert.empty()) {
    return usage_error(options.origin("key") + " needs --cert: the certificate it belongs to");
  }
  if (tls.insecure && !tls.cacert.empty()) {
    return usage_error(fmt::format("{} and {} exclude each other: nothing would be checked against the certificates",
                                   options.origin("insecure"), options.origin("cacert")));
  }
  return {};
}

Result<void> check_pace(const Options& options) {
  const auto& run = options.run;
  if (run.connections < run.threads) {
    return usage_error(fmt::format("{} {} is less than {} {}: each thread needs a connection of its own",
                                   options.origin("connections"), run.connections, options.origin("threads"),
                                   run.threads));
  }
  // A burst that a report or a configuration file has may stay when the rate is lifted.
  if (run.pace.burst > 0 && !options.origins.contains("rate"))
    return usage_error(options.origin("burst") + " needs --rate");
  if (run.scheduler.retry.base > run.scheduler.retry.cap) {
    return usage_error(fmt::format("{} is longer than {}: the first wait would exceed the longest",
                                   options.origin("retry-base"), options.origin("retry-cap")));
  }
  return {};
}

Result<void> check_metrics(const Options& options) {
  if (options.metrics.labels.empty() || options.metrics.any()) return {};
  return usage_error(options.origin("metrics-label") +
                     " needs --metrics-addr or --metrics-file: the metrics it is put to");
}

Result<void> check_schedule(const Options& options) {
  const auto& schedule = options.schedule;
  if (schedule.lock.empty() && schedule.lock_wait != Duration::zero()) {
    return usage_error(options.origin("lock-wait") + " needs --lock: the file to wait for");
  }
  if (schedule.on_complete.empty()) return {};
  const auto origin = options.origin("on-complete");
  if (const auto words = split_words(schedule.on_complete, origin); !words) return words.error();
  return check_no_shell_needed(origin, schedule.on_complete);
}

constexpr Duration bench_duration = std::chrono::seconds(10);
/// In place of a job's file name.
constexpr const char* bench_job = "bench";

Result<void> check_bench(const Options& options) {
  if (options.bench.operations != 0 && options.bench.duration != Duration::zero()) {
    return usage_error(fmt::format("{} and {} exclude each other: one of them says when the end is",
                                   options.origin("operations"), options.origin("duration")));
  }
  if (options.endpoint.empty() || options.simulate) return {};
  if (!options.bench.confirmed) {
    return usage_error(
        fmt::format("{} '{}': a benchmark renames what it names there, again and again; give --yes if that "
                    "is meant, or --simulate to measure with the embedded service",
                    options.origin("endpoint"), options.endpoint));
  }
  if (options.run.reader.default_user.empty()) return usage_error("--user-id is missing: in whose name to send");
  return {};
}

/// "rename" for "jobs/rename.ndjson" and "jobs/rename.ndjson.gz".
std::string job_stem(const std::filesystem::path& job) {
  if (job == standard_input_argument) return "stdin";
  const auto uncompressed = job::without_compression(job);
  return (job::format_of(uncompressed) ? uncompressed : job).stem().string();
}

/// "rename" for "rename.report.ndjson" and "rename.retry-2.report.ndjson".
std::string report_stem(const std::filesystem::path& report) {
  static const std::regex endings(R"((\.retry-[0-9]+)?(\.report)?(\.ndjson)?$)");
  return std::regex_replace(report.filename().string(), endings, "", std::regex_constants::format_first_only);
}

/// Whether --report says where the report is to be, and not what it is to be called.
bool names_folder(const std::string& report) {
  std::error_code ignored;
  return report.ends_with('/') || std::filesystem::is_directory(report, ignored);
}

/// What does not depend on where the report is.
Result<engine::RunSettings> finish(const Options& options, const std::filesystem::path& job, job::Format format) {
  if (auto ok = check_target(options); !ok) return ok.error();
  if (auto ok = check_app(options); !ok) return ok.error();
  if (auto ok = check_schedule(options); !ok) return ok.error();
  engine::RunSettings run = options.run;
  run.job = job;
  run.simulated = options.simulate;
  run.reader.format = format;
  if (!options.simulate) {
    const auto endpoint = net::parse_endpoint(options.endpoint);
    if (!endpoint) return endpoint.error();
    run.endpoint = *endpoint;
    if (auto ok = check_credentials(options, run.endpoint); !ok) return ok.error();
    if (!options.proxy.empty()) {
      const auto proxy = net::parse_proxy(options.proxy);
      if (!proxy) return proxy.error();
      run.proxy = *proxy;
    }
  }
  run.reader.simulated = run.simulated || run.endpoint.is_loopback();
  if (auto ok = check_tls(options); !ok) return ok.error();
  if (auto ok = check_pace(options); !ok) return ok.error();
  if (auto ok = check_metrics(options); !ok) return ok.error();
  run.metrics = options.metrics.any();
  // Credentials are renewed by a thread of their own.
  run.pace.shared = run.threads > 1 || run.credentials.renewable();
  return run;
}

}  // namespace

std::string Options::origin(std::string_view option) const {
  const auto found = origins.find(option);
  return found == origins.end() ? fmt::format("--{}", option) : found->second;
}

Result<job::Format> choose_format(const Options& options, const std::filesystem::path& job) {
  if (options.format) return *options.format;
  if (job == standard_input_argument) {
    return usage_error("standard input has no extension that tells the format; give --format ndjson|csv");
  }
  if (const auto format = job::format_of(job)) return *format;
  // Of a folder, or of a file that is not there, it is not the extension that is wrong.
  if (const auto opened = job::open_file(job); !opened) return opened.error();
  return usage_error(
      fmt::format("{}: the extension does not tell the format; name the file .ndjson or .csv, or give "
                  "--format ndjson|csv",
                  job.string()));
}

std::filesystem::path report_path(const std::string& report, const std::filesystem::path& job, WallTime now) {
  if (report.empty()) return job_stem(job) + ".report.ndjson";
  if (!names_folder(report)) return report;
  std::string date(x_date_length, '\0');
  write_x_date(now, date.data());
  return std::filesystem::path(report) / fmt::format("{}.{}.report.ndjson", job_stem(job), date);
}

std::filesystem::path retry_report_path(const std::string& report, const std::filesystem::path& old,
                                        const std::function<bool(const std::filesystem::path&)>& exists) {
  if (!report.empty() && !names_folder(report)) return report;
  const auto folder = report.empty() ? old.parent_path() : std::filesystem::path(report);
  const std::string stem = report_stem(old);
  for (unsigned n = 1;; ++n) {
    auto path = folder / fmt::format("{}.retry-{}.report.ndjson", stem, n);
    if (!exists(path)) return path;
  }
}

Result<engine::RunSettings> finish_run(const Options& options, const std::filesystem::path& job, WallTime now) {
  const auto format = choose_format(options, job);
  if (!format) return format.error();
  auto run = finish(options, job, *format);
  if (run) {
    run->report = report_path(options.report, job, now);
    run->report_numbered = names_folder(options.report);
  }
  return run;
}

namespace {

/// Of all that says where the token is, only a command is not in the report.
Result<void> check_command_given_again(const Options& options) {
  if (options.simulate || options.run.credentials.any() || options.run.app.any()) return {};
  return usage_error(
      "--token-command is missing: the run was begun with one, which is not recorded because its words may be secret; "
      "give it again, or another place the token comes from");
}

}  // namespace

Result<engine::RunSettings> finish_resume(const Options& options, const std::filesystem::path& report,
                                          const report::RunRecord& recorded) {
  const auto format = job::format_named(recorded.job.format);
  if (options.format && *options.format != format) {
    return usage_error(fmt::format("{} {}: the report was begun with {}; another format is another job",
                                   options.origin("format"), to_string(*options.format), recorded.job.format));
  }
  if (auto ok = check_command_given_again(options); !ok) return ok.error();
  auto run = finish(options, options.job.empty() ? recorded.job.path : options.job, format);
  if (run) run->report = report;
  return run;
}

Result<engine::RunSettings> finish_retry(const Options& options, const std::filesystem::path& report,
                                         const report::RunRecord& recorded,
                                         const std::function<bool(const std::filesystem::path&)>& exists) {
  auto run = finish_resume(options, report, recorded);
  if (run) run->report = retry_report_path(options.report, report, exists);
  return run;
}

Result<control::Request> finish_set(const Options& options) {
  control::Request request = options.request;
  if (options.pause && options.go) return usage_error("--pause and --go exclude each other");
  if (options.pause || options.go) request.pause = options.pause;
  if (!request.changes()) return usage_error("what to change is missing: give --rate RATE, --pause or --go");
  return request;
}

Result<sim::SimulatorSettings> finish_simulate(const Options& options) {
  const auto& simulator = options.simulator;
  if (simulator.certificate.empty() != simulator.key.empty()) {
    return usage_error(simulator.key.empty()
                           ? options.origin("cert") + " needs --key: the embedded service needs both to speak TLS"
                           : options.origin("key") + " needs --cert: the embedded service needs both to speak TLS");
  }
  if (auto ok = check_both(options, options.simulator_app); !ok) return ok.error();
  return simulator;
}

Result<BenchSettings> finish_bench(const Options& options, WallTime now) {
  if (auto ok = check_bench(options); !ok) return ok.error();
  auto run = finish(options, bench_job, job::Format::ndjson);
  if (!run) return run.error();
  job::SyntheticJob job;
  job.folders = options.bench.folders;
  job.albums = options.bench.albums;
  BenchSettings bench{std::move(*run), options.bench.duration};
  if (options.bench.operations != 0) {
    job.operations = options.bench.operations;
  } else if (bench.duration == Duration::zero()) {
    bench.duration = bench_duration;
  }
  bench.run.synthetic = std::move(job);
  bench.run.pace.catch_up = true;
  // The main thread asks it what is overdue.
  bench.run.pace.shared = true;
  if (!options.report.empty()) bench.run.report = report_path(options.report, bench_job, now);
  bench.run.report_numbered = names_folder(options.report);
  return bench;
}

}  // namespace koobatch::cli
