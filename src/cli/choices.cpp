#include "koobatch/cli/choices.hpp"

#include "koobatch/cli/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace koobatch::cli {
namespace {

/// The most direct source of each choice. What nobody chooses has the least direct one, since it silences nothing.
class Chosen {
 public:
  explicit Chosen(const std::vector<Setting>& settings) {
    for (const auto& setting : settings) {
      if (!chooses(setting)) continue;
      const auto [found, first] = layers_.try_emplace(setting.row->choice, setting.layer);
      if (!first) found->second = std::min(found->second, setting.layer);
    }
  }

  Layer from(Choice choice) const {
    const auto found = layers_.find(choice);
    return found == layers_.end() ? Layer::implied : found->second;
  }
  Layer credentials() const { return std::min({from(Choice::token), from(Choice::user_tokens), from(Choice::app)}); }
  /// Where the credentials come from that no refresh token renews, unless a token silences them.
  Layer unrenewed() const {
    const Layer layer = std::min(from(Choice::user_tokens), from(Choice::app));
    return layer > from(Choice::token) ? Layer::implied : layer;
  }

 private:
  std::map<Choice, Layer> layers_;
};

/// Drops the settings of a choice that a more direct source has made otherwise.
void silence_overruled(std::vector<Setting>& settings) {
  const Chosen chosen(settings);
  std::erase_if(settings, [&](const Setting& setting) {
    switch (setting.row->choice) {
      case Choice::none:
        return false;
      case Choice::target:
      case Choice::end:
        return setting.layer > chosen.from(setting.row->choice);
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
                     [&](const Setting& setting) { return setting.row->name == name && chooses(setting); });
}

/// Sets what nobody else has set.
void imply(Verb verb, std::string_view name, std::string value, std::vector<Setting>& settings) {
  if (is_set(settings, name)) return;
  std::erase_if(settings, [&](const Setting& setting) { return setting.row->name == name; });
  for (const auto* row : options_of(verb)) {
    if (row->name == name) settings.push_back({row, Layer::implied, fmt::format("--{}", name), "default", {value}});
  }
}

/// A benchmark that is not told where to send measures the embedded service, in the name of somebody.
void imply_benchmark(std::vector<Setting>& settings) {
  if (is_set(settings, "endpoint")) return;
  imply(Verb::bench, "simulate", "true", settings);
  imply(Verb::bench, "user-id", "bench", settings);
}

/// A real token has no business there, even if the environment or the configuration file names one.
void keep_tokens_from_embedded_service(std::vector<Setting>& settings) {
  if (!is_set(settings, "simulate")) return;
  std::erase_if(settings, [](const Setting& setting) {
    const Choice choice = setting.row->choice;
    return choice == Choice::token || choice == Choice::user_tokens || choice == Choice::refresh;
  });
}

}  // namespace

void settle_choices(Verb verb, std::vector<Setting>& settings) {
  silence_overruled(settings);
  if (verb == Verb::bench) imply_benchmark(settings);
  keep_tokens_from_embedded_service(settings);
}

}  // namespace koobatch::cli
