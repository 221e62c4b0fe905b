#include "cli/settings/log_format.hpp"

#include "cli/settings/config_file.hpp"
#include "cli/settings/option.hpp"

#include <optional>
#include <string_view>

namespace koobatch::cli {
namespace {

constexpr std::string_view option = "log-format";

/// The value of the last flag of this name or, without one, of the variable.
std::optional<std::string> given(std::string_view name, const std::vector<std::string>& arguments,
                                 const Environment& environment) {
  std::optional<std::string> value;
  const std::string flag = "--" + std::string(name);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == flag && i + 1 < arguments.size()) value = arguments[i + 1];
    if (arguments[i].starts_with(flag + "=")) value = arguments[i].substr(flag.size() + 1);
  }
  if (value) return value;
  const auto variable = environment.find(variable_name(name));
  if (variable != environment.end() && !variable->second.empty()) value = variable->second;
  return value;
}

/// The file's value, preferably in this command's section.
std::optional<std::string> written(const std::vector<ConfigEntry>& entries, std::string_view command) {
  std::optional<std::string> value;
  for (const auto& entry : entries) {
    if (entry.name != option || entry.values.empty()) continue;
    if (entry.section == command || (entry.section.empty() && !value)) value = entry.values.front();
  }
  return value;
}

}  // namespace

observe::log::Format log_format_wanted(const std::vector<std::string>& arguments, const Environment& environment,
                                       const std::function<Result<std::string>(const std::filesystem::path&)>& read) {
  auto format = given(option, arguments, environment);
  const auto path = given(config_option, arguments, environment);
  if (!format && path && read) {
    const auto text = read(*path);
    const auto config = text ? parse_config(*text, *path) : Result<Config>(text.error());
    if (config) format = written(config->entries, arguments.empty() ? std::string_view() : arguments.front());
  }
  return format == "json" ? observe::log::Format::json : observe::log::Format::text;
}

}  // namespace koobatch::cli
