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

/// Could this be given as well? The help says of other defaults what they come to: "no limit", "in the same file".
bool is_value(const OptionRow& row, std::string_view text) {
  Options scratch;
  return !text.empty() && !row.repeatable && !is_path(row.argument) &&
         row.apply(std::string(text), scratch).has_value();
}

/// Empty for an option whose default is no value.
std::string_view shown_default(const OptionRow& row) {
  if (row.is_switch()) return "false";
  const auto text = default_of(row);
  return is_value(row, text) ? text : std::string_view();
}

/// Has another option of the same choice been given?
bool is_decided(const OptionRow& row, const std::vector<Setting>& settings) {
  return row.choice != Choice::none && std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
           return setting.row->choice == row.choice && chooses(setting);
         });
}

}  // namespace

bool chooses(const Setting& setting) {
  return !setting.row->is_switch() || setting.values.front() == "true";
}

Error bad_value(const Setting& setting, const std::string& value, const std::string& why) {
  if (setting.row->private_value) return usage_error(fmt::format("{}: {}", setting.origin, why));
  return usage_error(fmt::format("{} '{}': {}", setting.origin, value, why));
}

std::vector<std::string> describe_settings(Verb verb, const std::vector<Setting>& settings) {
  std::vector<std::string> lines;
  for (const auto* row : options_of(verb)) {
    const auto found =
        std::find_if(settings.begin(), settings.end(), [&](const Setting& setting) { return setting.row == row; });
    if (found != settings.end()) {
      lines.push_back(fmt::format("{} = {} ({})", row->name, shown_value(*found), found->source));
    } else if (const auto value = shown_default(*row); !value.empty() && !is_decided(*row, settings)) {
      lines.push_back(fmt::format("{} = {} (default)", row->name, value));
    }
  }
  return lines;
}

}  // namespace koobatch::cli
