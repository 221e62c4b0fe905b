#include "cli/running/state_reading.hpp"

#include "cli/exit_status.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/exporting.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/running/scratch.hpp"
#include "cli/running/users_file.hpp"

#include <fmt/format.h>

#include <array>
#include <typeindex>
#include <utility>

namespace koobatch::cli {
namespace {

Result<void> check_service(const Target& target) {
  if (target.simulate) {
    return usage_error(
        "--simulate: that service has nothing to read; start one that has, with 'koobatch simulate --items 1000', and "
        "give its address as --endpoint");
  }
  return target.endpoint.empty() ? usage_error("the service to read from is missing: give --endpoint URL")
                                 : Result<void>();
}

}  // namespace

Option users_option() {
  return {.name = "users",
          .heading = heading::job,
          .help = "File with the IDs of users, one on each line",
          .otherwise = "--user-id",
          .store = into(&StateReading::users, file()),
          .flag_only = true};
}

std::string first_reading_flag(const Origins& origins) {
  const std::array<std::type_index, 9> groups = {typeid(StateReading),
                                                 typeid(OperationDefaults),
                                                 typeid(Connections),
                                                 typeid(auth::CredentialSettings),
                                                 typeid(auth::AppSettings),
                                                 typeid(Retries),
                                                 typeid(net::TlsSettings),
                                                 typeid(UserTokens),
                                                 typeid(RunPace)};
  for (const auto group : groups) {
    if (auto flag = origins.first_flag_of(group); !flag.empty()) return flag;
  }
  for (const auto* option : {"proxy", "simulate"}) {
    if (origins.is_flag(option)) return origins[option];
  }
  return {};
}

Running running_of(const StateReading& given) {
  Running running;
  running.sending = given.sending;
  running.tokens = given.tokens;
  running.pace = given.pace;
  running.progress = given.progress;
  return running;
}

std::shared_ptr<const koodrive::ResourceCatalogue> service_kinds() {
  return {std::shared_ptr<const void>(), &koodrive::service_resources()};
}

Result<engine::RunSettings> prepare_reading(const Running& running, const Call& call) {
  if (auto ok = check_service(running.sending.target); !ok) return ok.error();
  auto settings = complete(to_run_settings(running), running.sending, call);
  if (!settings) return settings;
  if (auto ok = check_files(*settings); !ok) return ok.error();
  if (auto ok = load_user_tokens(*settings); !ok) return ok.error();
  return settings;
}

Result<std::shared_ptr<const std::vector<std::string>>> users_of(const StateReading& given, const Origins& origins) {
  std::vector<std::string> users;
  const auto& user = given.sending.operations.user_id;
  if (!given.users.empty()) {
    if (origins.is_flag("user-id")) {
      return usage_error("--user-id and --users exclude each other: one user, or a file of them");
    }
    auto read = read_users(given.users);
    if (!read) return read.error();
    users = std::move(*read);
  } else if (user.empty()) {
    return usage_error("no user is named: give --user-id ID, or --users FILE");
  } else {
    users.push_back(user);
  }
  return std::make_shared<const std::vector<std::string>>(std::move(users));
}

Result<PassingReading> prepare_passing(const StateReading& given, const Call& call) {
  PassingReading reading{running_of(given), {}, {}};
  reading.running.sending.metrics = {};  // those of the command are others
  auto settings = prepare_reading(reading.running, call);
  if (!settings) return settings.error();
  reading.settings = std::move(*settings);
  auto users = users_of(given, call.origins);
  if (!users) return users.error();
  reading.users = std::move(*users);
  return reading;
}

Result<std::optional<int>> read_passing(PassingReading reading, std::vector<const koodrive::ResourceKind*> kinds,
                                        const Presentation& presentation, const Call& call,
                                        const std::function<Result<void>(const std::filesystem::path& state)>& open) {
  const auto scratch = Scratch::create("state", ", or export the state first");
  if (!scratch) return scratch.error();
  const auto resources = service_kinds();
  if (kinds.empty()) {
    auto all = kinds_to_read(*resources, {});
    if (!all) return all.error();
    kinds = std::move(*all);
  }
  const StateFile file{.path = scratch->path() / "state.ndjson",
                       .format = job::Format::ndjson,
                       .resources = resources,
                       .kinds = std::move(kinds),
                       .users = std::move(reading.users),
                       .is_passing = true};
  const auto written = [](const Collected& collected) {
    warn_of_gaps(collected);
    return static_cast<int>(exit_success);
  };
  const int status =
      export_state(std::move(reading.settings), reading.running, presentation, call.console, file, written);
  if (status != exit_success) return std::optional(status);
  if (auto opened = open(file.path); !opened) return opened.error();
  return std::optional<int>();
}

}  // namespace koobatch::cli
