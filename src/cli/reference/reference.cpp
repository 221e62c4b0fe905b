#include "cli/reference/reference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::cli {
namespace {

template <class Condition>
std::vector<const Command*> commands_where(const Condition& condition) {
  std::vector<const Command*> found;
  for (const auto* command : commands()) {
    const auto options = options_of(*command);
    if (std::any_of(options.begin(), options.end(), condition)) found.push_back(command);
  }
  return found;
}

}  // namespace

std::vector<const Command*> commands_with(const Option& option) {
  return commands_where([&](const Option* other) { return other == &option; });
}

std::vector<const Command*> commands_with(std::string_view option) {
  return commands_where([&](const Option* other) { return other->name == option; });
}

std::string names_of(const std::vector<const Command*>& commands, std::string_view separator) {
  std::string names;
  for (const auto* command : commands) names.append(names.empty() ? "" : separator).append(command->name);
  return names;
}

std::string help_with_default(const Option& option) {
  const auto otherwise = option.default_text();
  return otherwise.empty() ? std::string(option.help) : fmt::format("{} ({})", option.help, otherwise);
}

std::vector<ExitMeaning> exit_meanings() {
  std::vector<ExitMeaning> meanings;
  for (const auto* command : commands()) {
    for (const auto& row : command->statuses) {
      const auto same = std::find_if(meanings.begin(), meanings.end(), [&](const ExitMeaning& other) {
        return other.row.status == row.status && other.row.meaning == row.meaning;
      });
      if (same == meanings.end()) {
        meanings.push_back({row, {command}});
      } else {
        same->commands.push_back(command);
      }
    }
  }
  // Numerically, because as text "130, 143" would sort before "2".
  const auto number = [](const ExitMeaning& meaning) { return std::stoi(std::string(meaning.row.status)); };
  std::stable_sort(meanings.begin(), meanings.end(),
                   [&](const ExitMeaning& a, const ExitMeaning& b) { return number(a) < number(b); });
  return meanings;
}

}  // namespace koobatch::cli
