#include "koobatch/cli/option_table.hpp"

#include "koobatch/auth/token.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/operation.hpp"
#include "koobatch/observe/metrics_server.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <array>

namespace koobatch::cli {
namespace {

using Applied = Result<void>;

/// A duration above `least`, or equal to it.
Applied set_duration(const std::string& value, Duration& to, Duration least = std::chrono::milliseconds(1)) {
  const auto parsed = parse_duration(value);
  if (!parsed) return parsed.error();
  if (*parsed < least) return usage_error("must be at least " + format_duration(least));
  to = *parsed;
  return {};
}

template <class T>
Applied set_count(const std::string& value, std::uint64_t min, std::uint64_t max, T& to) {
  const auto parsed = parse_count(value, min, max);
  if (!parsed) return parsed.error();
  to = static_cast<T>(*parsed);
  return {};
}

Applied set_rate(const std::string& value, double& to) {
  const auto parsed = parse_rate(value);
  if (!parsed) return parsed.error();
  to = *parsed;
  return {};
}

/// A rate that may also be none at all, which is said as 0: so that what a report has recorded can be lifted.
Applied set_limit(const std::string& value, double& to) {
  if (value != "none") return set_rate(value, to);
  to = 0;
  return {};
}

template <class T>
Applied set_text(const std::string& value, T& to) {
  if (value.empty()) return usage_error("must not be empty");
  to = value;
  return {};
}

Applied set_switch(const std::string& value, bool& to) {
  to = value == "true";
  return {};
}

template <class T, std::size_t n>
Applied set_word(const std::string& value, const std::array<std::pair<std::string_view, T>, n>& words, T& to) {
  std::string known;
  for (const auto& [word, meaning] : words) {
    if (word == value) {
      to = meaning;
      return {};
    }
    known.append(known.empty() ? "" : ", ").append(word);
  }
  return usage_error("unknown; must be one of " + known);
}

/// user-id and language keep the rules of the job's own fields of that name, which are the same for every operation.
Applied set_header(const std::string& value, std::optional<std::string_view> job::Fields::*field,
                   std::string_view field_name, std::string& to) {
  job::Fields fields;
  fields.row = &job::operation_table().front();
  fields.*field = value;
  std::vector<job::Violation> violations;
  job::check(fields, violations);
  for (const auto& violation : violations) {
    if (violation.field == field_name) return usage_error(violation.message);
  }
  to = value;
  return {};
}

/// An identifier keeps the rule of the job's own field.
Applied add_id(const std::string& value, std::string_view operation, std::vector<std::string>& to) {
  job::Fields fields;
  fields.row = job::find_operation(operation);
  const std::size_t key = fields.row->key_field;
  fields.values[key].present = true;
  fields.values[key].text = value;
  std::vector<job::Violation> violations;
  job::check(fields, violations);
  for (const auto& violation : violations) {
    if (violation.field == fields.row->fields[key].name) return usage_error(violation.message);
  }
  to.push_back(value);
  return {};
}

/// The template becomes a header: no line breaks. Without its placeholder it could only be a token itself.
Applied set_authorization(const std::string& value, std::string& to) {
  if (!auth::fits_a_header(value)) {
    return usage_error("only printable ASCII characters can stand in a header");
  }
  if (value.find(auth::token_placeholder) == std::string::npos) {
    return usage_error("must contain {token}, in whose place the token is put; for example 'Bearer {token}'");
  }
  to = value;
  return {};
}

Applied set_app_id(const std::string& value, std::string& to) {
  if (!auth::is_app_id(value)) return usage_error("must be 1 to 128 visible ASCII characters, none of them a comma");
  to = value;
  return {};
}

constexpr Verbs run = verbs_that_run;
constexpr Verbs bench = only(Verb::bench);
constexpr Verbs sending = verbs_that_send;
constexpr Verbs new_run = only(Verb::run);
constexpr Verbs simulate = only(Verb::simulate);
constexpr Verbs jobs = run | only(Verb::validate);
constexpr Verbs status = only(Verb::status);
constexpr Verbs set = only(Verb::set);
constexpr Verbs all = jobs | only(Verb::report) | only(Verb::trace) | simulate | bench | status | set;

constexpr std::string_view target = "Where to send";
constexpr std::string_view job_group = "Job and report";
constexpr std::string_view credentials = "Credentials";
constexpr std::string_view pace = "Pace";
constexpr std::string_view retries = "Retries and time limits";
constexpr std::string_view schedules = schedule_group;
constexpr std::string_view tls = "TLS";
constexpr std::string_view embedded = "Embedded service";
constexpr std::string_view output = "Output";

constexpr std::array<std::pair<std::string_view, job::Format>, 2> formats = {
    {{"ndjson", job::Format::ndjson}, {"csv", job::Format::csv}}};
constexpr std::array<std::pair<std::string_view, observe::ProgressMode>, 4> progress_modes = {
    {{"auto", observe::ProgressMode::automatic},
     {"bar", observe::ProgressMode::bar},
     {"plain", observe::ProgressMode::plain},
     {"none", observe::ProgressMode::none}}};
constexpr std::array<std::pair<std::string_view, observe::log::Format>, 2> log_formats = {
    {{"text", observe::log::Format::text}, {"json", observe::log::Format::json}}};

constexpr std::uint64_t max_connections = 10000;
constexpr std::uint64_t max_threads = 256;

using Value = const std::string&;

const std::array table = {
    OptionRow{"endpoint", 0, "URL", sending, target, "The service, as https://HOST or https://HOST:PORT",
              [](Value v, Options& o) { return set_text(v, o.endpoint); }, Choice::target},
    OptionRow{"simulate", 0, "", sending, target, "Start the embedded service and send to it; needs no credentials",
              [](Value v, Options& o) { return set_switch(v, o.simulate); }, Choice::target},
    OptionRow{"yes", 0, "", bench, target, "Yes, send to --endpoint, and rename things there",
              [](Value v, Options& o) { return set_switch(v, o.bench.confirmed); }, Choice::none, false, false, false,
              true},
    OptionRow{"proxy", 0, "URL", sending, target,
              "HTTP proxy, http://HOST:PORT; CONNECT even to http://, so that it gets no credentials",
              [](Value v, Options& o) { return set_text(v, o.proxy); }},
    OptionRow{"dry-run", 0, "", new_run, target, "Print each request that would be sent, and send nothing",
              [](Value v, Options& o) { return set_switch(v, o.dry_run); }},

    OptionRow{"job", 0, "FILE", only(Verb::resume) | only(Verb::retry) | only(Verb::report), job_group,
              "Where the job lies now (where it was)", [](Value v, Options& o) { return set_text(v, o.job); }},
    OptionRow{"report", 0, "FILE|DIR/", new_run, job_group,
              "The new report; DIR/ names it by job and time (JOB.report.ndjson, here)",
              [](Value v, Options& o) { return set_text(v, o.report); }},
    OptionRow{"report", 0, "FILE|DIR/", only(Verb::retry), job_group,
              "The new report; DIR/ is its folder (NAME.retry-N.report.ndjson, beside the old one)",
              [](Value v, Options& o) { return set_text(v, o.report); }},
    OptionRow{"failed", 0, "FILE", only(Verb::report), job_group,
              "New job of what did not succeed, less what later operations have set since",
              [](Value v, Options& o) { return set_text(v, o.failed); }},
    OptionRow{"format", 0, "ndjson|csv", jobs, job_group, "Format of the job (by its extension)",
              [](Value v, Options& o) -> Applied {
                job::Format format{};
                if (auto ok = set_word(v, formats, format); !ok) return ok;
                o.format = format;
                return {};
              }},
    OptionRow{
        "user-id", 0, "ID", sending, job_group, "X-User-Id of the operations that name no user_id",
        [](Value v, Options& o) { return set_header(v, &job::Fields::user_id, "user_id", o.run.reader.default_user); }},
    OptionRow{"language", 0, "TAG", sending, job_group, "Language of the operations that name none, e.g. en-US",
              [](Value v, Options& o) {
                return set_header(v, &job::Fields::language, "language", o.run.reader.default_language);
              }},
    OptionRow{"skip-invalid", 0, "", run, job_group, "Record invalid operations as such, and run the others",
              [](Value v, Options& o) { return set_switch(v, o.run.skip_invalid); }},

    OptionRow{"report", 0, "FILE|DIR/", bench, job_group, "Keep the report; DIR/ names it by time (a temporary file)",
              [](Value v, Options& o) { return set_text(v, o.report); }},
    OptionRow{"duration", 0, "DURATION", bench, job_group, "How long to measure (10s)",
              [](Value v, Options& o) { return set_duration(v, o.bench.duration); }, Choice::end},
    OptionRow{
        "operations", 0, "N", bench, job_group, "How many operations to send, instead of for how long",
        [](Value v, Options& o) { return set_count(v, 1, job::SyntheticJob::most_operations, o.bench.operations); },
        Choice::end},
    OptionRow{"folder", 0, "ID", bench, job_group, "Rename this shared folder; repeatable (made-up IDs)",
              [](Value v, Options& o) { return add_id(v, "rename_shared_folder", o.bench.folders); }, Choice::none,
              true},
    OptionRow{"album", 0, "ID", bench, job_group, "Rename this album; repeatable (made-up IDs)",
              [](Value v, Options& o) { return add_id(v, "update_album", o.bench.albums); }, Choice::none, true},

    OptionRow{"token-file", 0, "FILE", sending, credentials, "File with the access token, readable by its owner only",
              [](Value v, Options& o) { return set_text(v, o.run.credentials.token_file); }, Choice::token, false,
              false, true},
    OptionRow{"token-env", 0, "NAME", sending, credentials, "Environment variable that holds the access token",
              [](Value v, Options& o) { return set_text(v, o.run.credentials.token_env); }, Choice::token},
    OptionRow{"token-command", 0, "COMMAND", sending, credentials,
              "Program (no shell) that writes the access token as its first line",
              [](Value v, Options& o) { return set_text(v, o.run.credentials.token_command); }, Choice::token, false,
              true},
    OptionRow{"token-command-timeout", 0, "DURATION", sending, credentials, "Time it may take; then it is killed (30s)",
              [](Value v, Options& o) { return set_duration(v, o.run.credentials.token_command_timeout); }},
    OptionRow{"refresh-token-file", 0, "FILE", sending, credentials,
              "File with the refresh token; new tokens are got for it, and it is replaced",
              [](Value v, Options& o) { return set_text(v, o.run.credentials.refresh_token_file); }, Choice::refresh,
              false, false, true},
    OptionRow{"tokens-file", 0, "FILE", run, credentials,
              "Each user's own token, as CSV or NDJSON: user_id, token; readable by its owner only",
              [](Value v, Options& o) { return set_text(v, o.run.credentials.tokens_file); }, Choice::user_tokens,
              false, false, true},
    OptionRow{"app-id", 0, "ID", sending, credentials, "Sign requests as this app, instead of sending a token",
              [](Value v, Options& o) { return set_app_id(v, o.run.app.id); }, Choice::app},
    OptionRow{"app-secret-file", 0, "FILE", sending, credentials,
              "File with the app's secret, readable by its owner only",
              [](Value v, Options& o) { return set_text(v, o.run.app.secret_file); }, Choice::app, false, false, true},
    OptionRow{"authorization", 0, "TEMPLATE", sending, credentials, "Authorization header (Bearer+{token})",
              [](Value v, Options& o) { return set_authorization(v, o.run.credentials.authorization); }, Choice::none,
              false, true},

    OptionRow{"rate", 0, "RATE|none", run, pace,
              "Most requests to send, retries included, e.g. 500/s or 60/min (no limit)",
              [](Value v, Options& o) { return set_limit(v, o.run.pace.rate); }},
    OptionRow{"rate", 0, "RATE|none", bench, pace,
              "Requests to send at even intervals, e.g. 500/s; late ones are made up for (no limit)",
              [](Value v, Options& o) { return set_limit(v, o.run.pace.rate); }},
    OptionRow{"rate", 0, "RATE|none", set, pace, "Requests allowed from now on, e.g. 200/s, or none for no limit",
              [](Value v, Options& o) { return set_limit(v, o.request.rate.emplace()); }, Choice::none, false, false,
              false, true},
    OptionRow{"pause", 0, "", set, pace, "Send nothing more until --go; what is under way may finish",
              [](Value v, Options& o) { return set_switch(v, o.pause); }, Choice::none, false, false, false, true},
    OptionRow{"go", 0, "", set, pace, "End a pause", [](Value v, Options& o) { return set_switch(v, o.go); },
              Choice::none, false, false, false, true},
    OptionRow{"rate-per-user", 0, "RATE|none", sending, pace,
              "The same for each user (X-User-Id) on its own (no limit)",
              [](Value v, Options& o) { return set_limit(v, o.run.pace.rate_per_user); }},
    OptionRow{"burst", 0, "N", run, pace, "Requests that may leave at once within the rate (10 ms worth of it)",
              [](Value v, Options& o) { return set_count(v, 1, 1000000, o.run.pace.burst); }},
    OptionRow{"connections", 0, "N", sending, pace, "Connections, over all threads (16)",
              [](Value v, Options& o) { return set_count(v, 1, max_connections, o.run.connections); }},
    OptionRow{"threads", 0, "N", sending, pace, "Threads that send (1)",
              [](Value v, Options& o) { return set_count(v, 1, max_threads, o.run.threads); }},

    OptionRow{"max-attempts", 0, "N", sending, retries,
              "Attempts of an operation, 1 to 200; those throttled (429, 503) do not count (5)",
              [](Value v, Options& o) { return set_count(v, 1, 200, o.run.scheduler.max_attempts); }},
    OptionRow{"retry-base", 0, "DURATION", sending, retries,
              "Longest wait before the first retry; doubles each time (200ms)",
              [](Value v, Options& o) { return set_duration(v, o.run.scheduler.retry.base, Duration::zero()); }},
    OptionRow{"retry-cap", 0, "DURATION", sending, retries, "Longest wait before any retry (20s)",
              [](Value v, Options& o) { return set_duration(v, o.run.scheduler.retry.cap, Duration::zero()); }},
    OptionRow{"connect-timeout", 0, "DURATION", sending, retries, "Time to open a connection, TLS included (5s)",
              [](Value v, Options& o) { return set_duration(v, o.run.connect_timeout); }},
    OptionRow{"timeout", 0, "DURATION", sending, retries, "Time of one attempt (30s)",
              [](Value v, Options& o) { return set_duration(v, o.run.timeout); }},
    OptionRow{"deadline", 0, "DURATION", sending, retries, "Time of an operation from its first attempt (10m)",
              [](Value v, Options& o) { return set_duration(v, o.run.scheduler.deadline); }},
    OptionRow{"max-errors", 0, "N|N%", sending, retries,
              "Stop if more do not succeed, in each run or resume; % of the finished ones (no limit)",
              [](Value v, Options& o) -> Applied {
                auto limit = flow::ErrorLimit::parse(v);
                if (!limit) return limit.error();
                o.run.max_errors = std::move(*limit);
                return {};
              }},
    OptionRow{"max-outage", 0, "DURATION", sending, retries,
              "Give up when the service fails every request for so long (10m)",
              [](Value v, Options& o) { return set_duration(v, o.run.pace.max_outage); }},

    OptionRow{"lock", 0, "FILE", run, schedules, "Work only while no other does that has this lock; exit 0 if one does",
              [](Value v, Options& o) { return set_text(v, o.schedule.lock); }},
    OptionRow{"lock-wait", 0, "DURATION", run, schedules, "Wait so long for the lock; exit 5 when that is over (0)",
              [](Value v, Options& o) { return set_duration(v, o.schedule.lock_wait, Duration::zero()); }},
    OptionRow{"on-complete", 0, "COMMAND", run, schedules,
              "Program (no shell) to start once the report is closed; variables tell it how it went",
              [](Value v, Options& o) { return set_text(v, o.schedule.on_complete); }, Choice::none, false, true},
    OptionRow{"on-complete-timeout", 0, "DURATION", run, schedules, "Time it may take; then it is killed (5m)",
              [](Value v, Options& o) { return set_duration(v, o.schedule.on_complete_timeout); }},

    OptionRow{"cacert", 0, "FILE", sending, tls, "PEM file of certificates to trust, instead of the system's",
              [](Value v, Options& o) { return set_text(v, o.run.tls.cacert); }, Choice::none, false, false, true},
    OptionRow{"cert", 0, "FILE", sending, tls, "PEM file of the client certificate",
              [](Value v, Options& o) { return set_text(v, o.run.tls.cert); }, Choice::none, false, false, true},
    OptionRow{"key", 0, "FILE", sending, tls, "Key of the client certificate (in the same file)",
              [](Value v, Options& o) { return set_text(v, o.run.tls.key); }, Choice::none, false, false, true},
    OptionRow{"insecure", 0, "", sending, tls, "Accept any certificate: anybody in between can read the token",
              [](Value v, Options& o) { return set_switch(v, o.run.tls.insecure); }},

    OptionRow{"port", 0, "N", simulate, embedded, "Port on 127.0.0.1; 0 is any free one (0)",
              [](Value v, Options& o) { return set_count(v, 0, 65535, o.simulator.port); }},
    OptionRow{"latency", 0, "DURATION", sending | simulate, embedded, "Time it takes to answer (0)",
              [](Value v, Options& o) { return set_duration(v, o.simulator.latency, Duration::zero()); }},
    OptionRow{"jitter", 0, "DURATION", sending | simulate, embedded, "Random time added to the latency, at most (0)",
              [](Value v, Options& o) { return set_duration(v, o.simulator.jitter, Duration::zero()); }},
    OptionRow{"fault", 0, "FAULT", sending | simulate, embedded,
              "A fault, e.g. status=503,rate=0.05,retry-after=1 or reset,rate=0.02; repeatable",
              [](Value v, Options& o) -> Applied {
                const auto fault = sim::parse_fault(v);
                if (!fault) return fault.error();
                o.simulator.faults.push_back(*fault);
                return {};
              },
              Choice::none, true},
    OptionRow{"throttle", 0, "RATE|none", sending | simulate, embedded,
              "Requests it allows before it answers 429 (no limit)",
              [](Value v, Options& o) { return set_limit(v, o.simulator.throttle); }},
    OptionRow{"throttle-per-user", 0, "RATE|none", sending | simulate, embedded,
              "The same for each X-User-Id (no limit)",
              [](Value v, Options& o) { return set_limit(v, o.simulator.throttle_per_user); }},
    OptionRow{"seed", 0, "N", sending | simulate, embedded, "Seed of its faults and jitter (0)",
              [](Value v, Options& o) { return set_count(v, 0, UINT64_MAX, o.simulator.seed); }},
    OptionRow{"app-id", 0, "ID", simulate, embedded, "Take no tokens, but requests that this app has signed",
              [](Value v, Options& o) { return set_app_id(v, o.simulator_app.id); }},
    OptionRow{"app-secret-file", 0, "FILE", simulate, embedded, "File with the app's secret",
              [](Value v, Options& o) { return set_text(v, o.simulator_app.secret_file); }},
    OptionRow{"token-file", 0, "FILE", simulate, embedded, "File with the only access token it takes (any)",
              [](Value v, Options& o) { return set_text(v, o.simulator_tokens.token_file); }},
    OptionRow{"refresh-token-file", 0, "FILE", simulate, embedded,
              "File with the refresh token that gives others; there are none otherwise",
              [](Value v, Options& o) { return set_text(v, o.simulator_tokens.refresh_token_file); }},
    OptionRow{"token-requests", 0, "N", simulate, embedded, "Requests that an access token serves (no limit)",
              [](Value v, Options& o) { return set_count(v, 1, UINT64_MAX, o.simulator.token_requests); }},
    OptionRow{"token-lifetime", 0, "DURATION", simulate, embedded, "Time it lives after its last use (no limit)",
              [](Value v, Options& o) { return set_duration(v, o.simulator.token_lifetime); }},
    OptionRow{"tokens-file", 0, "FILE", simulate, embedded,
              "Accept of each X-User-Id only the token that this file has, also when replaced",
              [](Value v, Options& o) { return set_text(v, o.simulator.tokens_file); }},
    OptionRow{"log", 0, "FILE", simulate, embedded, "Write a line for each request to this file",
              [](Value v, Options& o) { return set_text(v, o.simulator.log); }},
    OptionRow{"cert", 0, "FILE", simulate, embedded, "Serve TLS with the certificate in this PEM file",
              [](Value v, Options& o) { return set_text(v, o.simulator.certificate); }},
    OptionRow{"key", 0, "FILE", simulate, embedded, "PEM file of the certificate's key",
              [](Value v, Options& o) { return set_text(v, o.simulator.key); }},

    OptionRow{"json", 0, "", only(Verb::report) | bench | status, output, "The summary as JSON",
              [](Value v, Options& o) { return set_switch(v, o.json); }},
    OptionRow{"html", 0, "FILE", only(Verb::report), output, "New page with charts, one file that needs no network",
              [](Value v, Options& o) { return set_text(v, o.html); }},
    OptionRow{"csv", 0, "FILE", only(Verb::report), output, "New CSV file with a row for each result",
              [](Value v, Options& o) { return set_text(v, o.csv); }},
    OptionRow{"progress", 0, "auto|bar|plain|none", run, output,
              "How to show progress; auto: a bar on a terminal, elsewhere a line every 5 s (auto)",
              [](Value v, Options& o) { return set_word(v, progress_modes, o.presentation.progress); }},
    OptionRow{"metrics-addr", 0, "ADDRESS:PORT", sending, output,
              "Serve metrics to Prometheus at http://ADDRESS:PORT/metrics; port 0 is any free one",
              [](Value v, Options& o) -> Applied {
                if (auto ok = observe::check_metrics_address(v); !ok) return ok;
                return set_text(v, o.metrics.address);
              }},
    OptionRow{"metrics-file", 0, "FILE", sending, output,
              "Keep metrics in this file, NAME.prom for the node exporter's textfile collector",
              [](Value v, Options& o) { return set_text(v, o.metrics.file); }},
    OptionRow{"metrics-label", 0, "NAME=VALUE", sending, output,
              "Put this label to every metric, to tell jobs of one machine apart; repeatable",
              [](Value v, Options& o) -> Applied {
                auto label = observe::parse_metric_label(v);
                if (!label) return label.error();
                o.metrics.labels.push_back(std::move(*label));
                return {};
              },
              Choice::none, true},
    OptionRow{"log-format", 0, "text|json", all, output, "Form of what goes to standard error (text)",
              [](Value v, Options& o) { return set_word(v, log_formats, o.presentation.log_format); }},
    OptionRow{"verbose", 'v', "", all, output, "Say more on standard error",
              [](Value v, Options& o) { return set_switch(v, o.presentation.verbose); }},
    OptionRow{"quiet", 'q', "", all, output, "Only errors on standard error",
              [](Value v, Options& o) { return set_switch(v, o.presentation.quiet); }},
    OptionRow{config_option, 0, "FILE", all, output, "Take settings from this TOML file",
              [](Value v, Options&) -> Applied {
                // It has been read by now: the file is a source of settings, not one of them.
                if (v.empty()) return usage_error("must not be empty");
                return {};
              }},
};

}  // namespace

std::span<const OptionRow> option_table() {
  return table;
}

std::string variable_name(std::string_view option) {
  std::string name = fmt::format("KOOBATCH_{}", boost::algorithm::to_upper_copy(std::string(option)));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace koobatch::cli
