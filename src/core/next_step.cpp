#include "koobatch/core/next_step.hpp"

namespace koobatch {
namespace {

/// The one of the names up to `last` that is written as `text`.
template <class Name>
std::optional<Name> find_name(std::string_view text, Name last) {
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
    const auto name = static_cast<Name>(i);
    if (to_string(name) == text) return name;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(SettingName setting) {
  switch (setting) {
    case SettingName::after:
      return "after";
    case SettingName::app_id:
      return "app-id";
    case SettingName::app_secret_file:
      return "app-secret-file";
    case SettingName::authorization:
      return "authorization";
    case SettingName::cacert:
      return "cacert";
    case SettingName::cert:
      return "cert";
    case SettingName::connections:
      return "connections";
    case SettingName::deadline:
      return "deadline";
    case SettingName::encoding:
      return "encoding";
    case SettingName::endpoint:
      return "endpoint";
    case SettingName::failed:
      return "failed";
    case SettingName::format:
      return "format";
    case SettingName::go:
      return "go";
    case SettingName::http:
      return "http";
    case SettingName::ignore_columns:
      return "ignore-columns";
    case SettingName::job:
      return "job";
    case SettingName::key:
      return "key";
    case SettingName::language:
      return "language";
    case SettingName::max_errors:
      return "max-errors";
    case SettingName::max_outage:
      return "max-outage";
    case SettingName::metrics_addr:
      return "metrics-addr";
    case SettingName::metrics_file:
      return "metrics-file";
    case SettingName::op:
      return "op";
    case SettingName::proxy:
      return "proxy";
    case SettingName::rate:
      return "rate";
    case SettingName::refresh_token_file:
      return "refresh-token-file";
    case SettingName::report:
      return "report";
    case SettingName::simulate:
      return "simulate";
    case SettingName::threads:
      return "threads";
    case SettingName::token_command:
      return "token-command";
    case SettingName::token_command_timeout:
      return "token-command-timeout";
    case SettingName::token_env:
      return "token-env";
    case SettingName::token_file:
      return "token-file";
    case SettingName::trim:
      return "trim";
    case SettingName::user_id:
      return "user-id";
  }
  return {};
}

std::string_view to_string(CommandName command) {
  switch (command) {
    case CommandName::collect:
      return "collect";
    case CommandName::export_:
      return "export";
    case CommandName::report:
      return "report";
    case CommandName::resume:
      return "resume";
    case CommandName::retry:
      return "retry";
    case CommandName::run:
      return "run";
    case CommandName::set:
      return "set";
    case CommandName::simulate:
      return "simulate";
    case CommandName::status:
      return "status";
    case CommandName::submit:
      return "submit";
    case CommandName::verify:
      return "verify";
  }
  return {};
}

std::optional<SettingName> parse_setting_name(std::string_view name) {
  return find_name(name, last_setting_name);
}

std::optional<CommandName> parse_command_name(std::string_view name) {
  return find_name(name, last_command_name);
}

}  // namespace koobatch
