#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/option.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

/// What the commands share that read from the service what users have.
namespace koobatch::cli {

/// From where, and whose.
struct StateReading {
  Sending sending;
  UserTokens tokens;
  RunPace pace;
  ProgressOutput progress;
  std::filesystem::path users;  ///< a file; empty: --user-id

  /// Neither the embedded service, which has nothing to read, nor the metrics, which each command has its own way.
  auto parts() {
    return std::tie(sending.target, sending.operations, sending.credentials, sending.app, sending.connections,
                    sending.retries, sending.tls, tokens, pace, progress);
  }
};

/// --users
Option users_option();

/// The first flag that is only of use where the service is read; empty: none was given.
std::string first_reading_flag(const Origins& origins);

/// The settings in the form of commands that run jobs.
Running running_of(const StateReading& given);

/// The kinds of resources that the service has, which live for ever.
std::shared_ptr<const koodrive::ResourceCatalogue> service_kinds();

/// Checks that service and users are named, and the settings consistent; reads the credentials. All errors are usage
/// errors.
Result<engine::RunSettings> prepare_reading(const Running& running, const Call& call);
Result<std::shared_ptr<const std::vector<std::string>>> users_of(const StateReading& given, const Origins& origins);

/// What is needed to read the state for one command only.
struct PassingReading {
  Running running;
  engine::RunSettings settings;
  std::shared_ptr<const std::vector<std::string>> users;
};
/// Checks the settings, see prepare_reading().
Result<PassingReading> prepare_passing(const StateReading& given, const Call& call);

/// Reads items of these kinds, all if there are none, into a temporary file, has `open` open it, and removes its name,
/// so that nothing is left of it however the command ends later. Returns an exit status if the items could not be read,
/// which was reported then.
Result<std::optional<int>> read_passing(PassingReading reading, std::vector<const koodrive::ResourceKind*> kinds,
                                        const Presentation& presentation, const Call& call,
                                        const std::function<Result<void>(const std::filesystem::path& state)>& open);

}  // namespace koobatch::cli
