#pragma once
#include "koobatch/cli/options.hpp"
#include "koobatch/cli/verb.hpp"
#include "koobatch/core/error.hpp"

#include <span>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// Options of one group say the same thing in different ways. The most direct source that sets any of them silences the
/// others: --simulate on the command line wins over `endpoint` in the configuration file. `token`, `user_tokens` and
/// `app` are one group of credentials, but the two options of `app` belong together: neither silences the other.
/// `refresh` goes with any `token`; the other credentials silence it.
enum class Choice { none, target, end, token, refresh, user_tokens, app };

/// One option. Command line, environment, configuration file and help all read this row: adding an option is adding a
/// row.
struct OptionRow {
  std::string_view name;      ///< "rate": --rate, KOOBATCH_RATE, rate = "…"
  char letter;                ///< "-v"; 0: none
  std::string_view argument;  ///< what the help calls its value; empty: a switch
  Verbs verbs;
  std::string_view group;  ///< heading in the help
  std::string_view help;   ///< ends in the default in parentheses, if there is one
  /// Checks `value` ("true" for a switch that is on) and stores it. The error says what is wrong, not where.
  Result<void> (*apply)(const std::string& value, Options& options);
  Choice choice = Choice::none;
  bool repeatable = false;
  bool private_value = false;  ///< not to be repeated in messages nor recorded in the report
  bool is_path = false;        ///< recorded as an absolute path, so that a run can go on from another folder
  bool flag_only = false;      ///< a consent or an order for this once: neither environment nor file may give it

  bool is_switch() const { return argument.empty(); }
};

/// The heading of options that belong to whoever starts a run, so that its report does not record them.
constexpr std::string_view schedule_group = "Schedules";

std::span<const OptionRow> option_table();

/// The option that names the configuration file, and so cannot stand in it.
constexpr std::string_view config_option = "config";

/// KOOBATCH_MAX_ATTEMPTS for max-attempts.
std::string variable_name(std::string_view option);

}  // namespace koobatch::cli
