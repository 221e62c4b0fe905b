#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/control/protocol.hpp"
#include "koobatch/core/error.hpp"

#include <optional>
#include <tuple>

namespace koobatch::cli {

/// The settings of `set`.
struct SetSettings {
  Presentation presentation;
  LedgerOptions ledger;
  std::optional<double> rate;  ///< requests a second, 0: no limit; nothing: unchanged
  bool pause = false;
  bool go = false;

  auto parts() { return std::tie(presentation, ledger); }
};

/// Checks that the settings of `set` are consistent. All errors are usage errors.
Result<control::Request> prepare_set(const SetSettings& given);

}  // namespace koobatch::cli
