#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/sim/simulator.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>

namespace koobatch::cli {

/// What `simulate` is set to. Of each file, empty: there is none.
struct SimulateSettings {
  Presentation presentation;
  EmbeddedService service;
  OperationsOption operations;
  std::uint16_t port = 0;  ///< 0: any free one
  std::string app_id;      ///< the app whose signatures are verified; empty: none
  std::filesystem::path app_secret_file;
  std::filesystem::path token_file;          ///< with the access token it accepts
  std::filesystem::path refresh_token_file;  ///< with the refresh token it accepts
  std::uint64_t token_requests = 0;          ///< 0: any number
  Duration token_lifetime{};                 ///< 0: for ever
  Duration x_date_window = sim::SimulatorSettings().x_date_window;
  std::filesystem::path tokens_file;
  std::filesystem::path state;              ///< with the items that it has
  std::optional<sim::MadeUpItems> items{};  ///< items that it has
  sim::NameClash name_clash = sim::NameClash::accept;
  std::filesystem::path log;
  std::filesystem::path cert;
  std::filesystem::path key;

  auto parts() { return std::tie(presentation, service, operations); }
};

/// Checks how the settings of `simulate` go together. All errors are usage errors. Tokens and the app's secret are
/// missing: their files are not read here.
Result<sim::SimulatorSettings> prepare_simulate(const SimulateSettings& given, const Call& call);

}  // namespace koobatch::cli
