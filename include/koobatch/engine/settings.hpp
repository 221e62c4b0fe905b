#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/next_step.hpp"
#include "koobatch/flow/error_limit.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/dialogue.hpp"
#include "koobatch/net/http_choice.hpp"
#include "koobatch/net/send_gate.hpp"
#include "koobatch/net/tls_settings.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/retry/selection.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::engine {

/// All settings of a run, checked and with defaults filled in. `koobatch run --help` describes the flags.
struct RunSettings {
  std::filesystem::path job;
  job::ReaderSettings reader;  ///< format, default user and language
  /// Whether latencies and lateness are measured and failures are not logged. Such a run cannot be resumed.
  bool benchmark = false;
  bool skip_invalid = false;

  std::filesystem::path operations_path;  ///< a file with further operations; empty: none
  /// What was read from it: `reader` refers to the first. Null and absent: nothing.
  std::shared_ptr<const koodrive::OperationCatalogue> operations;
  std::optional<report::OperationsRecord> operations_file;

  std::optional<report::PlanRecord> plan;  ///< the job is this plan
  bool verifies = false;                   ///< see report::RunRecord::verifies

  /// For a retry: which operations of the job to repeat, and the run they belong to. Null: the whole job.
  std::shared_ptr<const retry::Selection> selection;
  std::optional<report::RunRecord::Parent> parent;

  /// What operations read before they are sent, after it, or instead; null: nothing.
  std::shared_ptr<koodrive::Dialogues> dialogues;

  http::Endpoint endpoint;
  std::optional<http::Endpoint> proxy;  ///< HTTP proxy through which the endpoint is reached
  bool simulated = false;  ///< the endpoint is the embedded simulator, for which made-up credentials suffice
  auth::CredentialSettings credentials;
  auth::Credentials::Stop interrupted;  ///< polled while the first token is obtained, which may take long; may be empty
  auth::AppSettings app;
  std::shared_ptr<const auth::AppKey> app_key;          ///< `app` with its secret; null: requests carry a token
  std::shared_ptr<const auth::UserTokens> user_tokens;  ///< each user's own; null: one token for all
  net::TlsSettings tls;

  std::filesystem::path report;  ///< empty: the run's results go where others read them, see Run::take_part()
  bool report_private = false;   ///< only its owner can read it
  bool report_unnamed = false;   ///< the report's name is removed at once, and its file exists only during the run
  bool report_numbered = false;  ///< the name was not chosen by the user: if it is taken, the new report gets a number
  /// For the report's `run` line: the settings as a JSON object without secrets, as `resume` reads them back.
  std::string recorded = "{}";

  net::HttpChoice http = net::HttpChoice::automatic;
  unsigned connections = 16;       ///< over all threads
  unsigned http2_connections = 4;  ///< the same, where HTTP/2 is spoken
  unsigned streams = 32;           ///< the maximum number of requests in flight on one HTTP/2 connection
  unsigned threads = 1;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(30);  ///< of one attempt
  flow::PaceSettings pace;
  bool ask_quota = false;  ///< the first request asks the gateway to report its quotas
  flow::ErrorLimit max_errors;
  flow::SchedulerSettings scheduler;  ///< the look-ahead is shared by all threads

  net::SendGate* gate = nullptr;  ///< asked before each request of an operation; must outlive the run. Null: none
  /// How long what was sent may remain unacknowledged by the peer's kernel before the connection is reset. Connections
  /// are then also reset when they are closed, so that nothing is delivered after that. Nothing: the system's defaults.
  std::optional<Duration> delivery_limit;
  /// So much too early is the first attempt of an operation dated, to find out whether the service accepts that; see
  /// Run::stale_attempt_accepted(). If it does not, the operation is repeated. Zero: none.
  Duration stale_first_attempt{};

  bool metrics = false;  ///< whether requests are counted for Run::metrics()
};

/// The command that resumes the run, with changes to its settings.
NextStep resume_step(const RunSettings& settings, std::vector<SettingChange> changes = {});
/// `cause` with `advice`, which names `step`, at the end of its message. If the run cannot be resumed, `cause` alone.
Error advising(const RunSettings& settings, Error cause, std::string_view advice, NextStep step);
/// `cause` as the error that ends the run, with the advice "; then run 'koobatch resume a.report.ndjson'".
Error resumable(const RunSettings& settings, const Error& cause);
/// As the error that ends the run while the service is away: "; run 'koobatch resume a.report.ndjson' when it is back".
Error resumable_later(const RunSettings& settings, const Error& cause);

}  // namespace koobatch::engine
