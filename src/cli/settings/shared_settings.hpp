#pragma once
#include "cli/settings/domain_values.hpp"
#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/flow/error_limit.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/value_treatment.hpp"
#include "koobatch/net/tls_settings.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/observe/metrics.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/plan/recheck.hpp"
#include "koobatch/sim/simulator.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

/// Groups of settings shared by several commands. A command takes the options of a group by having the group among its
/// settings (see Groups); the options' rows are in option_table.cpp. A member's initial value is the default.
/// auth::CredentialSettings, auth::AppSettings, net::TlsSettings, job::Reading and job::ValueTreatment are such groups,
/// too.
namespace koobatch::cli {

/// What a command prints on standard error, and in which form. For every command that has options.
struct Presentation {
  observe::log::Format log_format = observe::log::Format::text;
  bool verbose = false;
  bool quiet = false;
  std::filesystem::path config{};  ///< --config: it has been read when this is set
};

/// For commands that read jobs, or receive the requests of one.
struct OperationsOption {
  std::filesystem::path operations;  ///< a file with further operations; empty: there is none
};

struct JsonOutput {
  bool json = false;
};

struct JobFormat {
  std::optional<job::Format> format;  ///< otherwise the file's extension decides
};

/// For commands that read a report and then its job.
struct JobPlace {
  std::filesystem::path job;  ///< empty: where the report says
};

struct Target {
  std::string endpoint;  ///< as given
  std::string proxy;     ///< as given
  bool simulate = false;
};

/// Defaults for operations that name none.
struct OperationDefaults {
  std::string user_id;
  std::string language;
};

struct Connections {
  double rate_per_user = 0;  ///< requests a second; 0: no limit
  unsigned connections = engine::RunSettings().connections;
  unsigned threads = engine::RunSettings().threads;
  net::HttpChoice http = engine::RunSettings().http;
  unsigned streams = engine::RunSettings().streams;
};

struct Retries {
  unsigned max_attempts = flow::SchedulerSettings().max_attempts;
  Duration retry_base = flow::SchedulerSettings().retry.base;
  Duration retry_cap = flow::SchedulerSettings().retry.cap;
  Duration connect_timeout = engine::RunSettings().connect_timeout;
  Duration timeout = engine::RunSettings().timeout;
  Duration deadline = flow::SchedulerSettings().deadline;
  flow::ErrorLimit max_errors;
  Duration max_outage = flow::PaceSettings().max_outage;
};

/// The behaviour of the embedded service.
struct EmbeddedService {
  Duration latency{};
  Duration jitter{};
  std::vector<AnyFault> faults;
  sim::ThrottleSettings throttle;
  double throttle_per_user = 0;  ///< requests a second; 0: no limit
  std::uint64_t seed = 0;
};

/// For every command that leaves metrics in a file.
struct MetricsFileOptions {
  std::filesystem::path path;  ///< empty: none is written
  std::vector<observe::Metrics::Label> labels;
};

/// Where the metrics of a run go.
struct MetricsOptions {
  std::string address;  ///< empty: they are not served
  MetricsFileOptions file;

  bool any() const { return !address.empty() || !file.path.empty(); }
  auto parts() { return std::tie(file); }
};

/// For every command that sends requests.
struct Sending {
  Target target;
  OperationDefaults operations;
  auth::CredentialSettings credentials;
  auth::AppSettings app;
  Connections connections;
  Retries retries;
  net::TlsSettings tls;
  EmbeddedService service;
  MetricsOptions metrics;

  auto parts() { return std::tie(target, operations, credentials, app, connections, retries, tls, service, metrics); }
};

/// How a job is run.
struct JobTreatment {
  bool skip_invalid = false;
  bool capture = false;  ///< see plan::Captures
};

struct UserTokens {
  std::filesystem::path tokens_file;  ///< each user's own token; empty: one for all, or none
};

/// Whether and how a plan is carried out, see PlanApproval and plan::RecheckSettings.
struct PlanTreatment {
  std::optional<Duration> max_plan_age;
  bool no_recheck = false;
  double verify = plan::RecheckSettings().verified;  ///< percent
};

struct RunPace {
  double rate = 0;          ///< requests a second; 0: no limit
  std::uint32_t burst = 0;  ///< 0: what fits the rate
  bool ask_quota = false;
};

/// What belongs to the caller that starts a run, not to the run: its report does not record it.
struct Schedule {
  std::filesystem::path lock;  ///< empty: there is none
  Duration lock_wait{};
  std::string on_complete;  ///< the command; empty: there is none
  Duration on_complete_timeout = std::chrono::minutes(5);
};

/// The engine through which many machines work on one run.
struct LedgerOptions {
  std::string engine;              ///< its URL, as given
  std::filesystem::path passfile;  ///< empty: where libpq looks
  std::optional<unsigned> copies;  ///< how many a result has, as the user knows; nothing: the server says
};

struct ProgressOutput {
  observe::ProgressMode mode = observe::ProgressMode::automatic;
};

/// For every command that executes a job with a resumable report.
struct Running {
  Sending sending;
  JobFormat format;
  OperationsOption operations;
  job::ValueTreatment values;
  job::Reading reading;
  JobTreatment treatment;
  UserTokens tokens;
  PlanTreatment plan;
  RunPace pace;
  Schedule schedule;
  ProgressOutput progress;

  auto parts() {
    return std::tie(sending, format, operations, reading, values, treatment, tokens, plan, pace, schedule, progress);
  }
};

}  // namespace koobatch::cli
