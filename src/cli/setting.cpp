#include "koobatch/cli/setting.hpp"

#include "koobatch/cli/reference.hpp"
#include "koobatch/net/endpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace koobatch::cli {
namespace {

std::string shown_value(const Setting& setting) {
  if (setting.row->private_value) return "(set)";
  if (setting.row->argument == "URL") return net::without_password(setting.values.front());
  return fmt::format("{}", fmt::join(setting.values, " "));
}

/// Empty for an option that is not set and has no default.
std::string_view shown_default(const OptionRow& row) {
  return row.is_switch() ? "false" : default_of(row);
}

}  // namespace

std::vector<std::string> describe_settings(Verb verb, const std::vector<Setting>& settings) {
  std::vector<std::string> lines;
  for (const auto* row : options_of(verb)) {
    const auto found =
        std::find_if(settings.begin(), settings.end(), [&](const Setting& setting) { return setting.row == row; });
    if (found != settings.end()) {
      lines.push_back(fmt::format("{} = {} ({})", row->name, shown_value(*found), found->source));
    } else if (const auto value = shown_default(*row); !value.empty()) {
      lines.push_back(fmt::format("{} = {} (default)", row->name, value));
    }
  }
  return lines;
}

}  // namespace koobatch::cli
