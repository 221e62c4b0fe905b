#include "koobatch/engine/settings.hpp"

#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::engine {

NextStep resume_step(const RunSettings& settings, std::vector<SettingChange> changes) {
  if (settings.verifies && settings.parent) {
    return {.command = CommandName::verify, .report = settings.parent->report, .settings = std::move(changes)};
  }
  return {.command = CommandName::resume, .report = settings.report.native(), .settings = std::move(changes)};
}

Error advising(const RunSettings& settings, Error cause, std::string_view advice, NextStep step) {
  if (settings.benchmark || settings.report.empty()) return cause;
  cause.message.append(advice);
  return with_next_step(std::move(cause), std::move(step));
}

Error resumable(const RunSettings& settings, const Error& cause) {
  const NextStep step = resume_step(settings);
  return advising(settings, fatal_error(cause.message), fmt::format("; then run '{}'", spell(step)), step);
}

Error resumable_later(const RunSettings& settings, const Error& cause) {
  const NextStep step = resume_step(settings);
  return advising(settings, fatal_error(cause.message), fmt::format("; run '{}' when it is back", spell(step)), step);
}

}  // namespace koobatch::engine
