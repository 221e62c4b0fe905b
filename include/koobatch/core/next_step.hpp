#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch {

/// A setting that messages name, because its value is wrong or because it can be changed.
enum class SettingName : std::uint8_t {
  after,
  app_id,
  app_secret_file,
  authorization,
  cacert,
  cert,
  connections,
  deadline,
  encoding,
  endpoint,
  failed,
  format,
  go,
  http,
  ignore_columns,
  job,
  key,
  language,
  max_errors,
  max_outage,
  metrics_addr,
  metrics_file,
  op,
  proxy,
  rate,
  refresh_token_file,
  report,
  simulate,
  threads,
  token_command,
  token_command_timeout,
  token_env,
  token_file,
  trim,
  user_id,
};
constexpr auto last_setting_name = SettingName::user_id;
/// The setting's name wherever settings have names: "max-errors".
std::string_view to_string(SettingName setting);
/// The setting of this name; nothing if there is none.
std::optional<SettingName> parse_setting_name(std::string_view name);

/// A command that messages advise.
enum class CommandName : std::uint8_t {
  collect,
  export_,
  report,
  resume,
  retry,
  run,
  set,
  simulate,
  status,
  submit,
  verify
};
constexpr auto last_command_name = CommandName::verify;
/// The command's name: "resume".
std::string_view to_string(CommandName command);
/// The command of this name; nothing if there is none.
std::optional<CommandName> parse_command_name(std::string_view name);

/// A setting and the value it should have.
struct SettingChange {
  SettingName setting = SettingName::rate;
  std::string value{};  ///< of a switch: empty; "N": a number that the user chooses

  bool operator==(const SettingChange&) const = default;
};

/// What to do next: a command on a report, with settings.
struct NextStep {
  CommandName command = CommandName::resume;
  std::string report{};  ///< empty: the command alone is named
  std::vector<SettingChange> settings{};

  bool operator==(const NextStep&) const = default;
};

}  // namespace koobatch
