#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/shift.hpp"

#include <filesystem>
#include <string>
#include <tuple>

namespace koobatch::cli {

/// The settings of `work`: where the service is, and how it is reached. What is sent, the run says.
struct WorkSettings {
  Presentation presentation;
  LedgerOptions ledger;
  OperationDefaults defaults;   ///< if given, the run's must be the same
  OperationsOption operations;  ///< likewise
  auth::CredentialSettings credentials;
  auth::AppSettings app;
  UserTokens tokens;
  Connections connections;
  net::TlsSettings tls;
  MetricsOptions metrics;
  ProgressOutput progress;
  std::string endpoint;
  std::string proxy;
  std::string run;                     ///< its identifier, or its report; empty: any
  std::filesystem::path worker_state;  ///< empty: a folder of the user's
  std::string name;                    ///< empty: host and process
  bool stay = false;
  bool prove_fence = false;

  auto parts() {
    return std::tie(presentation, ledger, defaults, operations, credentials, app, tokens, connections, tls, metrics,
                    progress);
  }
};

/// Checks that the settings of `work` are consistent, and turns them into those of an engine's run, without what the
/// run says. All errors are usage errors.
Result<engine::RunSettings> prepare_work(const WorkSettings& given, const Call& call);

/// The settings of a shift on this run. A usage error if it is not the run that was meant.
Result<fleet::ShiftSettings> prepare_shift(const WorkSettings& given, const Call& call, const fleet::RunRow& run);

}  // namespace koobatch::cli
