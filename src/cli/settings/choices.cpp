#include "cli/settings/choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

/// The most direct source of each choice. A choice not made by any source has the least direct one: it overrules
/// nothing.
class Chosen {
 public:
  explicit Chosen(const std::vector<Setting>& settings) {
    for (const auto& setting : settings) {
      if (!setting.chooses()) continue;
      const auto [found, first] = layers_.try_emplace(setting.option->choice, setting.layer);
      if (!first) found->second = std::min(found->second, setting.layer);
    }
  }

  Layer from(Choice choice) const {
    const auto found = layers_.find(choice);
    return found == layers_.end() ? Layer::implied : found->second;
  }
  Layer credentials() const { return std::min({from(Choice::token), from(Choice::user_tokens), from(Choice::app)}); }
  /// The source of the credentials that a refresh token cannot renew, unless a token overrules them.
  Layer unrenewed() const {
    const Layer layer = std::min(from(Choice::user_tokens), from(Choice::app));
    return layer > from(Choice::token) ? Layer::implied : layer;
  }

 private:
  std::map<Choice, Layer> layers_;
};

/// Drops the settings of a choice that a more direct source has made differently.
void silence_overruled(std::vector<Setting>& settings) {
  const Chosen chosen(settings);
  std::erase_if(settings, [&](const Setting& setting) {
    switch (setting.option->choice) {
      case Choice::none:
        return false;
      case Choice::target:
      case Choice::end:
        return setting.layer > chosen.from(setting.option->choice);
      case Choice::token:
      case Choice::user_tokens:
        return setting.layer > chosen.credentials();
      case Choice::refresh:
        return setting.layer > chosen.unrenewed();
      case Choice::app:
        return chosen.from(Choice::app) > chosen.credentials();
    }
    return false;
  });
}

bool is_set(const std::vector<Setting>& settings, std::string_view name) {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const Setting& setting) { return setting.option->name == name && setting.chooses(); });
}

/// Adds the implied settings that no source has set, unless they are ruled out.
void add_implied(const Command& command, std::vector<Setting>& settings) {
  std::vector<Setting> added;
  for (const auto& implied : command.implied) {
    if (is_set(settings, implied.unless) || is_set(settings, implied.option)) continue;
    const Option* const option = option_named(command, implied.option);
    assert(option != nullptr);
    added.push_back({option, Layer::implied, fmt::format("--{}", implied.option), "default", {implied.value}});
  }
  for (auto& setting : added) {
    // A switch that is off chooses nothing, so it may be present.
    std::erase_if(settings, [&](const Setting& other) { return other.option == setting.option; });
    settings.push_back(std::move(setting));
  }
}

/// No real token is sent to the embedded service, even if the environment or the configuration file names one.
void keep_tokens_from_embedded_service(std::vector<Setting>& settings) {
  if (!is_set(settings, "simulate")) return;
  std::erase_if(settings, [](const Setting& setting) {
    const Choice choice = setting.option->choice;
    return choice == Choice::token || choice == Choice::user_tokens || choice == Choice::refresh;
  });
}

}  // namespace

void settle_choices(const Command& command, std::vector<Setting>& settings) {
  silence_overruled(settings);
  add_implied(command, settings);
  keep_tokens_from_embedded_service(settings);
}

}  // namespace koobatch::cli
