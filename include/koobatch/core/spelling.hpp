#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Messages name settings and advise commands. Which ones is data here; how users write them is known only to the
// program around this code: on a command line, "--rate" and "koobatch resume REPORT".

namespace koobatch {

/// A setting that messages name, because its value is wrong or because it can be changed.
enum class SettingName : std::uint8_t {
  app_id,
  app_secret_file,
  authorization,
  cacert,
  cert,
  connections,
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

/// A command that messages advise.
enum class CommandName : std::uint8_t { report, resume, retry, run, set, simulate, status };
constexpr auto last_command_name = CommandName::status;
/// The command's name: "resume".
std::string_view to_string(CommandName command);

/// What to do next: a command on a report, with settings.
struct NextStep {
  CommandName command = CommandName::resume;
  std::string report{};                                         ///< empty: the command alone is named
  std::vector<std::pair<SettingName, std::string>> settings{};  ///< to change; of a switch, the value is empty
};

/// How users write settings and commands.
struct Spelling {
  /// `value`: empty: the setting alone is named, or it is a switch.
  std::string (*setting)(SettingName setting, std::string_view value);
  std::string (*step)(const NextStep& step);
};
/// Installs the program's spelling. To be called before other threads start; until then, names are written as they are.
void use_spelling(const Spelling& spelling);

/// As users write it: "--rate", or with a value "--format csv".
std::string spell(SettingName setting, std::string_view value = {});
/// As users call it: "koobatch resume 'my report' --max-errors N".
std::string spell(const NextStep& step);

}  // namespace koobatch
