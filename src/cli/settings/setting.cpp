#include "cli/settings/setting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace koobatch::cli {
namespace {

std::string shown_value(const Setting& setting) {
  if (setting.option->private_value) return "(set)";
  if (setting.option->store.masked != nullptr) return setting.option->store.masked(setting.values.front());
  return fmt::format("{}", fmt::join(setting.values, " "));
}

/// Whether another option of the same choice has been given.
bool is_decided(const Option& option, const std::vector<Setting>& settings) {
  return option.choice != Choice::none && std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
           return setting.option->choice == option.choice && setting.chooses();
         });
}

}  // namespace

Origins::Origins(const std::vector<Setting>& settings) {
  for (const auto& setting : settings) {
    entries_.push_back({setting.option->name, setting.option->store.group, setting.layer, setting.origin});
  }
}

const Origins::Entry* Origins::find(std::string_view option) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.option == option; });
  return found == entries_.end() ? nullptr : &*found;
}

std::string Origins::operator[](std::string_view option) const {
  const Entry* const found = find(option);
  return found == nullptr ? fmt::format("--{}", option) : found->origin;
}

bool Origins::is_set(std::string_view option) const {
  return find(option) != nullptr;
}

bool Origins::is_flag(std::string_view option) const {
  const Entry* const found = find(option);
  return found != nullptr && found->layer == Layer::flag;
}

std::string Origins::first_flag_of(std::type_index group) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.layer == Layer::flag && entry.group == group;
  });
  return found == entries_.end() ? std::string() : found->origin;
}

Error bad_value(const Setting& setting, const std::string& value, const std::string& why) {
  if (setting.option->private_value) return usage_error(fmt::format("{}: {}", setting.origin, why));
  return usage_error(fmt::format("{} '{}': {}", setting.origin, value, why));
}

std::vector<std::string> describe_settings(const std::vector<const Option*>& options,
                                           const std::vector<Setting>& settings) {
  std::vector<std::string> lines;
  for (const auto* option : options) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const Setting& setting) { return setting.option == option; });
    if (found != settings.end()) {
      lines.push_back(fmt::format("{} = {} ({})", option->name, shown_value(*found), found->source));
    } else if (const auto value = option->default_value(); !value.empty() && !is_decided(*option, settings)) {
      lines.push_back(fmt::format("{} = {} (default)", option->name, value));
    }
  }
  return lines;
}

}  // namespace koobatch::cli
