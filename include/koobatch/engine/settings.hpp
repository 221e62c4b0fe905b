#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/flow/error_limit.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/synthetic.hpp"
#include "koobatch/net/endpoint.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/retry/selection.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::engine {

/// Everything a run needs to know, checked and with defaults filled in. What the flags mean: `koobatch run --help`.
struct RunSettings {
  std::filesystem::path job;
  job::ReaderSettings reader;  ///< format, default user and language
  /// Of a benchmark: runs this instead of a file, and measures. No such run can be gone on with.
  std::optional<job::SyntheticJob> synthetic;
  bool skip_invalid = false;

  /// Of a retry: which operations of the job to repeat, and the run they are from. Null: the whole job.
  std::shared_ptr<const retry::Selection> selection;
  std::optional<report::RunRecord::Parent> parent;

  net::Endpoint endpoint;
  std::optional<net::Endpoint> proxy;  ///< HTTP proxy, the way to the endpoint
  bool simulated = false;              ///< the endpoint is the embedded simulator: made-up credentials will do
  auth::CredentialSettings credentials;
  auth::Credentials::Stop interrupted;  ///< asked while the first token is got, which may take long; may be empty
  auth::AppSettings app;
  std::shared_ptr<const auth::AppKey> app_key;          ///< `app` with its secret; null: requests carry a token
  std::shared_ptr<const auth::UserTokens> user_tokens;  ///< each user's own; null: one token for all
  net::TlsSettings tls;

  std::filesystem::path report;
  bool report_numbered = false;  ///< nobody chose this name: if another report has it, the new one gets a number
  /// For the report's `run` line: a JSON object of what was set, without secrets, as `resume` reads it back.
  std::string recorded = "{}";

  unsigned connections = 16;  ///< over all threads
  unsigned threads = 1;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(30);  ///< of one attempt
  flow::PaceSettings pace;
  flow::ErrorLimit max_errors;
  flow::SchedulerSettings scheduler;  ///< look-ahead is for all threads together

  bool metrics = false;  ///< requests are counted for Run::metrics()
};

/// `how` to go on with the run, unless that cannot be.
std::string advice(const RunSettings& settings, std::string how);
/// "; then run 'koobatch resume a.report.ndjson'", unless that cannot be.
std::string then_resume(const RunSettings& settings);
/// `cause` as what ends the run, with that advice.
Error resumable(const RunSettings& settings, const Error& cause);

}  // namespace koobatch::engine
