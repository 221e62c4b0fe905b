#include "koobatch/core/spelling.hpp"

namespace koobatch {
namespace {

std::string plain_setting(SettingName setting, std::string_view value) {
  std::string text(to_string(setting));
  if (!value.empty()) text.append(" ").append(value);
  return text;
}

std::string plain_step(const NextStep& step) {
  std::string text(to_string(step.command));
  if (!step.report.empty()) text.append(" ").append(step.report);
  for (const auto& [setting, value] : step.settings) text.append(" ").append(plain_setting(setting, value));
  return text;
}

constinit Spelling in_use = {plain_setting, plain_step};

}  // namespace

void use_spelling(const Spelling& spelling) {
  in_use = spelling;
}

std::string spell(SettingName setting, std::string_view value) {
  return in_use.setting(setting, value);
}

std::string spell(const NextStep& step) {
  return in_use.step(step);
}

}  // namespace koobatch
